//! What an invocation writes into its X-Ray segment.

use super::Invocation;
use crate::xray::Segment;

impl Invocation {
    /// Writes the trace and the trigger into the X-Ray segment, if X-Ray records the invocation.
    pub(crate) fn tell_xray(&self) {
        let Some(segment) = self.context().and_then(Segment::of) else {
            return;
        };
        // Settles the trace.
        self.head();
        let ended = self.now();
        let state = self.lock();
        if let Some(trace) = &state.trace {
            let outcome = state.outcome.as_ref();
            trace.tell(&segment, self.clock.started(), ended, outcome);
        }
    }
}
