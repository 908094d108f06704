//! What an invocation adds to the function's metrics.

use super::outcome::Outcome;
use super::root::Function;
use super::sandbox::Start;
use super::{Invocation, State};
use crate::enhanced::{self, End};

impl Invocation {
    /// Marks the invocation as not counted yet: it is counted when there is time, at the latest when it ends.
    pub(crate) fn to_count(&self) {
        self.lock().uncounted = true;
    }

    /// Counts the invocation now if its handler or its stream is pending. Once a whole response is on its way, counting
    /// would delay the caller.
    pub(crate) fn count_waiting(&self) {
        let waits = |state: &State| state.outcome.is_none() || state.streaming.goes_on();
        self.count_itself(waits);
    }

    fn count_itself(&self, when: impl FnOnce(&State) -> bool) {
        let mut state = self.lock();
        if !state.uncounted || !when(&state) {
            return;
        }
        state.uncounted = false;
        drop(state);
        if let Some(function) = self.root.function() {
            enhanced::invocation(&function.context, function.is_cold());
        }
    }

    /// Counts what is left at the end: the invocation and at most one failure, however often this is called.
    pub(crate) fn count(&self, end: End) {
        let Some(function) = self.root.function() else {
            return;
        };
        self.count_itself(|_| true);
        // Settles the trace.
        self.head();
        let mut state = self.lock();
        let http = state
            .trace
            .as_ref()
            .is_some_and(|trace| trace.incoming.http);
        let failed = match &state.outcome {
            Some(Outcome::Failure(_)) => true,
            Some(outcome) => http && outcome.is_server_error(),
            None => false,
        };
        let batch_failures = state
            .outcome
            .as_mut()
            .and_then(Outcome::take_batch_failures);
        let time_to_first_byte = state.streaming.take_time_to_first_byte();
        let failed = failed && !state.counted;
        if failed {
            state.counted = enhanced::is_ours(end);
        }
        drop(state);
        let (context, cold) = (&function.context, function.is_cold());
        if failed {
            enhanced::error(context, cold, end);
        }
        if let Some(count) = batch_failures {
            enhanced::batch_item_failures(count, context, cold);
        }
        if let Some(millis) = time_to_first_byte {
            enhanced::time_to_first_byte(millis, context, cold);
        }
    }
}

impl Function {
    fn is_cold(&self) -> bool {
        self.start == Start::Cold
    }
}
