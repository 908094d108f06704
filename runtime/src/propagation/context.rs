//! The trace context that passes between processes.

use super::baggage::Baggage;
use crate::config::{Behavior, Style};
use crate::span::{SpanLink, Tags};

/// What one process tells the next about a trace: which trace, which span is the parent, and what was decided about it.
///
/// Extractors return it (see [`IntoTraceContext`](crate::IntoTraceContext)); [`trace_headers`](crate::trace_headers) writes the active one.
///
/// ```
/// let context = ddlambda::TraceContext::new(1234, 5678).with_sampling_priority(2);
/// assert_eq!(context.trace_id(), 1234);
/// assert_eq!(context.sampling_priority(), Some(2));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceContext {
    pub(crate) trace_id: u128,
    pub(crate) parent_id: u64,
    pub(crate) sampling_priority: Option<i32>,
    pub(crate) origin: Option<String>,
    /// The trace's propagated tags, `_dd.p.*`, without `_dd.p.tid`, which is part of the trace id. What was wrong with
    /// them stands here as `_dd.propagation_error`, for the local root; it is not passed on.
    pub(crate) tags: Vec<(String, String)>,
    /// The W3C `tracestate` members of other vendors, in order, as they came.
    pub(crate) tracestate: Option<String>,
    /// The id of the last Datadog span according to `tracestate`, 16 hex digits (`_dd.parent_id`).
    pub(crate) last_datadog_parent: Option<String>,
    pub(crate) baggage: Baggage,
    /// The format that the ids came in, if they came in headers.
    pub(crate) style: Option<Style>,
    /// Contexts that lost against this one.
    pub(crate) links: Vec<SpanLink>,
    /// Tags for the span that goes on with the context: what the carrier says besides.
    pub(crate) root_tags: Tags,
}

impl TraceContext {
    /// A context with a 128-bit trace id and the id of the parent span; a parent of 0 means none.
    ///
    /// The sampling decision is left to this function unless [`with_sampling_priority`](Self::with_sampling_priority)
    /// states one.
    #[must_use]
    pub fn new(trace_id: u128, parent_id: u64) -> Self {
        Self {
            trace_id,
            parent_id,
            ..Self::default()
        }
    }

    /// States the sampling decision: -1 rejected by the user, 0 rejected, 1 kept, 2 kept by the user.
    #[must_use]
    pub fn with_sampling_priority(mut self, priority: i32) -> Self {
        self.sampling_priority = Some(priority);
        self
    }

    /// Names the product the trace began in, such as `rum` or `synthetics`.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Adds an item of baggage, in place of any value that the key had.
    #[must_use]
    pub fn with_baggage(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.baggage.set(key, value);
        self
    }

    /// The 128-bit trace id; 0 for a context without a trace.
    #[must_use]
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// The id of the parent span; 0 for none.
    #[must_use]
    pub fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// The sampling decision, if one was made.
    #[must_use]
    pub fn sampling_priority(&self) -> Option<i32> {
        self.sampling_priority
    }

    /// The product the trace began in, if it was named.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The value of an item of baggage, if the key has one.
    #[must_use]
    pub fn baggage(&self, key: &str) -> Option<&str> {
        self.baggage.get(key)
    }

    /// The context for a new trace that links to this one, and keeps of it only what is no part of the trace.
    pub(crate) fn restarted(self, behavior: Behavior) -> Self {
        let mut link = self.link();
        if behavior == Behavior::Restart {
            let style = self
                .style
                .map(|style| ("context_headers".into(), style.name().into()));
            link.attributes = vec![("reason".into(), "propagation_behavior_extract".into())];
            link.attributes.extend(style);
        }
        Self {
            links: (self.trace_id != 0).then_some(link).into_iter().collect(),
            baggage: self.baggage,
            root_tags: self.root_tags,
            ..Self::default()
        }
    }

    /// A context that was `found`, or what comes `next` where it is none: one without a trace, with baggage alone, does
    /// not hide one that has a trace, but gives it its baggage.
    pub(crate) fn or_else(
        found: Option<Self>,
        next: impl FnOnce() -> Option<Self>,
    ) -> Option<Self> {
        match found {
            None => next(),
            Some(context) if context.trace_id != 0 => Some(context),
            Some(partial) => Self::merged(partial, next()),
        }
    }

    // Asked for in many places, each with a `next` of its own.
    #[cold]
    #[inline(never)]
    fn merged(partial: Self, next: Option<Self>) -> Option<Self> {
        let Some(mut context) = next else {
            return Some(partial);
        };
        if context.baggage.is_empty() {
            context.baggage = partial.baggage;
        }
        Some(context)
    }

    /// A link to the parent, of a span that belongs to another trace.
    pub(crate) fn link(&self) -> SpanLink {
        SpanLink {
            trace_id: self.trace_id,
            span_id: self.parent_id,
            attributes: Vec::new(),
            tracestate: self.tracestate.clone().unwrap_or_default(),
            flags: self
                .sampling_priority
                .map(|priority| u32::from(priority > 0)),
        }
    }
}
