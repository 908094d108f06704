//! Who invoked the function, and what that says about the trace.

mod event;

pub(crate) use event::Event;

use crate::propagation::TraceContext;
use crate::span::{Span, SpanLink, Tags};

/// What an event says about the trace that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The parent of the outermost span.
    pub(crate) context: Option<TraceContext>,
    /// `function_trigger.*` and `http.*` for `aws.lambda`.
    pub(crate) tags: Tags,
    /// The spans of the managed services that the event came through, outermost first.
    pub(crate) inferred: Vec<Inferred>,
    /// The contexts of a batch that are not the parent.
    pub(crate) links: Vec<SpanLink>,
    /// Whether a status code belongs on `aws.lambda` and on the inferred spans.
    pub(crate) http: bool,
}

/// The span of a managed service.
#[derive(Debug)]
pub(crate) struct Inferred {
    /// Open, without a parent: both are up to the invocation.
    pub(crate) span: Span,
    /// A synchronous caller waits for the function, so the span ends after it; others end when it begins.
    pub(crate) synchronous: bool,
}

/// Reads an event. `extracted` is a context that was found by other means, which counts instead of the event's own.
pub(crate) fn read(event: &Event<'_>, extracted: Option<TraceContext>) -> Incoming {
    let _ = event;
    Incoming {
        context: extracted,
        ..Incoming::default()
    }
}
