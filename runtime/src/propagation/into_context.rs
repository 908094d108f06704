//! What an extractor may return.

use super::TraceContext;

/// Something that an extractor may return: a trace context, or what one can be read from.
///
/// A trace id of zero, an error and `None` all stand for "no context here".
pub trait IntoTraceContext {
    /// The context, if there is one.
    fn into_trace_context(self) -> Option<TraceContext>;
}

impl IntoTraceContext for TraceContext {
    fn into_trace_context(self) -> Option<TraceContext> {
        (self.trace_id != 0).then_some(self)
    }
}

impl<T: IntoTraceContext> IntoTraceContext for Option<T> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self?.into_trace_context()
    }
}

impl<T: IntoTraceContext, E> IntoTraceContext for Result<T, E> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self.ok()?.into_trace_context()
    }
}
