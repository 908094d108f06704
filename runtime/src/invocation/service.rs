//! The service that invoked the function, as far as its span is concerned.

use super::Invocation;

impl Invocation {
    /// The span that stands for the function towards its caller, and when it ends: the inferred span right above
    /// `aws.lambda`, or else that itself.
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
