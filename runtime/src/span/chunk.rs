//! What goes out together.

use std::sync::Arc;

use super::Span;

/// What all spans of a trace share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    pub(crate) trace_id: u128,
    pub(crate) priority: i32,
    pub(crate) origin: Option<String>,
    /// The propagated tags, `_dd.p.*`, without `_dd.p.tid`.
    pub(crate) tags: Vec<(String, String)>,
    /// The `tracestate` members of other vendors.
    pub(crate) tracestate: Option<String>,
}

/// Spans that go out together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) head: Arc<Head>,
    pub(crate) spans: Vec<Span>,
}
