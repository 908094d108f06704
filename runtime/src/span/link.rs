//! Links from a span to spans of other traces.

use super::tags::Text;

/// The most links to other traces that a span has.
pub(crate) const MAX_LINKS: usize = 128;

/// A link to a span of another trace, or, with both ids zero, a span pointer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SpanLink {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    /// Names and values, both text.
    pub(crate) attributes: Vec<(Text, Text)>,
    /// The W3C `tracestate` of the linked context; empty if there was none.
    pub(crate) tracestate: String,
    /// The W3C trace flags, if known: 1 for a kept trace.
    pub(crate) flags: Option<u32>,
}
