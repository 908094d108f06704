//! The trace context that is propagated between processes.

use super::baggage::Baggage;
use crate::config::{Behavior, Style};
use crate::span::{SpanLink, Tags};

/// The trace context that one process propagates to the next: the trace id, the parent span, and the sampling decision.
///
/// Extractors return it, see [`IntoTraceContext`](crate::IntoTraceContext). [`trace_headers`](crate::trace_headers) and
/// [`inject`](crate::inject()) write the active one.
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
    /// The trace's propagated tags, `_dd.p.*`, without `_dd.p.tid`, which is part of the trace id. An error in them is
    /// kept as `_dd.propagation_error`, for the local root; it is not propagated.
    pub(crate) tags: Vec<(String, String)>,
    /// The W3C `tracestate` members of other vendors, in order.
    pub(crate) tracestate: Option<String>,
    /// The id of the last Datadog span according to `tracestate`, 16 hex digits (`_dd.parent_id`).
    pub(crate) last_datadog_parent: Option<String>,
    pub(crate) baggage: Baggage,
    /// The format of the headers that the ids were extracted from, if any.
    pub(crate) style: Option<Style>,
    /// Contexts that were found as well, but are not continued.
    pub(crate) links: Vec<SpanLink>,
    /// Further tags from the carrier, for the span that continues the context.
    pub(crate) root_tags: Tags,
}

impl TraceContext {
    /// Creates a context from a 128-bit trace id and the id of the parent span. A parent id of 0 means that there is no
    /// parent.
    ///
    /// The sampling decision is left to this function unless [`with_sampling_priority`](Self::with_sampling_priority)
    /// sets one.
    #[must_use]
    pub fn new(trace_id: u128, parent_id: u64) -> Self {
        Self {
            trace_id,
            parent_id,
            ..Self::default()
        }
    }

    /// Sets the sampling decision: -1 dropped by the user, 0 dropped, 1 kept, 2 kept by the user.
    #[must_use]
    pub fn with_sampling_priority(mut self, priority: i32) -> Self {
        self.sampling_priority = Some(priority);
        self
    }

    /// Sets the origin, the product in which the trace started, such as `rum` or `synthetics`.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sets a baggage item, replacing any previous value. An empty value removes the item.
    #[must_use]
    pub fn with_baggage(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.baggage.set(key, value);
        self
    }

    /// Returns the 128-bit trace id, or 0 for a context without a trace.
    #[must_use]
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// Returns the id of the parent span, or 0 if there is none.
    #[must_use]
    pub fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Returns the sampling decision, if there is one.
    #[must_use]
    pub fn sampling_priority(&self) -> Option<i32> {
        self.sampling_priority
    }

    /// Returns the origin, the product in which the trace started, if it is known.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Returns the value of a baggage item, if there is one with this key.
    #[must_use]
    pub fn baggage(&self, key: &str) -> Option<&str> {
        self.baggage.get(key)
    }

    /// The context for a new trace that links to this one. Keeps only what does not belong to the trace.
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

    /// Returns `found`, or `next` if that is `None`. A context without a trace, such as baggage alone, does not hide the
    /// next one, but adds its baggage to it.
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

    // Not inlined, as `or_else` is called in many places, each with a `next` of its own.
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

    /// A link to the parent, for a span of another trace.
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
