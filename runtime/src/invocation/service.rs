//! The span that stands for the invoking service.

use super::Invocation;

impl Invocation {
    /// The span that represents the function to its caller, and when it ends: the inferred span right above `aws.lambda`, or
    /// else `aws.lambda` itself.
    ///
    /// `None` before the handler has ended, and once the spans are sent.
    pub(crate) fn service_span(&self) -> Option<(u64, u64)> {
        // Settles the trace.
        self.head();
        let state = self.lock();
        if state.sent {
            return None;
        }
        let end = state.root.start + state.root.duration?;
        let above = state
            .trace
            .as_ref()
            .and_then(|trace| trace.service_span_id());
        Some((above.unwrap_or(self.root_id), end))
    }
}
