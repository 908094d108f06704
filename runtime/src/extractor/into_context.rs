//! What an extractor may return.

use std::collections::HashMap;
use std::hash::BuildHasher;

use crate::TraceContext;

/// What an extractor may return.
#[diagnostic::on_unimplemented(
    message = "an extractor cannot return `{Self}`",
    note = "return a `TraceContext`, `(trace_id, parent_id, priority)`, a map of headers, or an `Option` or `Result` of one"
)]
pub trait IntoTraceContext {
    /// The trace context, if there is one.
    fn into_trace_context(self) -> Option<TraceContext>;
}

impl IntoTraceContext for TraceContext {
    fn into_trace_context(self) -> Option<TraceContext> {
        Some(self)
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

impl IntoTraceContext for (u64, u64, i32) {
    fn into_trace_context(self) -> Option<TraceContext> {
        let (trace_id, parent_id, priority) = self;
        Some(TraceContext::new(trace_id.into(), parent_id).with_sampling_priority(priority))
    }
}

impl<S: BuildHasher> IntoTraceContext for HashMap<String, String, S> {
    fn into_trace_context(self) -> Option<TraceContext> {
        let number = |name| self.get(name)?.parse::<u64>().ok();
        let trace_id = number("x-datadog-trace-id")?;
        Some(TraceContext::new(
            trace_id.into(),
            number("x-datadog-parent-id").unwrap_or(0),
        ))
    }
}
