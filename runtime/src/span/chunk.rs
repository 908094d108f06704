//! Spans that are sent together.

use std::collections::hash_map::{Entry, HashMap};
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

impl Head {
    /// The propagated tag that names the sampling mechanism that decided about the trace.
    pub(crate) const DECISION_MAKER: &'static str = "_dd.p.dm";
}

/// Boxed spans, each of which moves as one word from where it is opened to where it is encoded.
#[allow(
    clippy::vec_box,
    reason = "a list of whole spans would be a large block of memory, copied as it grows"
)]
pub(crate) type Spans = Vec<Box<Span>>;

/// Spans of one trace that are sent together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) head: Arc<Head>,
    pub(crate) spans: Spans,
}

impl Chunk {
    /// One chunk per trace.
    pub(crate) fn by_head(spans: impl IntoIterator<Item = (Arc<Head>, Box<Span>)>) -> Vec<Self> {
        let mut chunks: Vec<Self> = Vec::new();
        // Each head is kept alive by its chunk, so that no other can have its address.
        let mut places: HashMap<*const Head, usize> = HashMap::new();
        for (head, span) in spans {
            match places.entry(Arc::as_ptr(&head)) {
                Entry::Occupied(place) => chunks[*place.get()].spans.push(span),
                Entry::Vacant(place) => {
                    place.insert(chunks.len());
                    chunks.push(Self {
                        head,
                        spans: vec![span],
                    });
                }
            }
        }
        chunks
    }
}
