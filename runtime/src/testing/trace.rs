//! The spans of one invocation, to assert on.

use std::collections::HashSet;
use std::fmt;

use super::span::{Chunk, Span};
use super::waterfall::Waterfall;

/// The spans of one trace, without duplicates and sorted by start. `Display` draws them as a [`Waterfall`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    spans: Vec<Span>,
}

impl Trace {
    /// Creates a trace of these spans. Of several spans with the same id, the first is kept.
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut seen = HashSet::new();
        let mut spans: Vec<Span> = spans
            .into_iter()
            .filter(|span| seen.insert(span.span_id))
            .collect();
        spans.sort_by_key(|span| span.start);
        Self { spans }
    }

    /// The spans of one invocation: the chunks with its `aws.lambda` span, and those in the same trace that are connected
    /// with them and do not belong to another invocation (functions that call each other share a trace).
    pub(super) fn of_request(chunks: &[Chunk], request_id: &str) -> Option<Self> {
        let is_own = |chunk: &&Chunk| self::request_id(chunk) == Some(request_id);
        let mut spans: Vec<Span> = chunks.iter().filter(is_own).flatten().cloned().collect();
        let trace_id = spans.first()?.trace_id;
        let mut others: Vec<&Chunk> = chunks
            .iter()
            .filter(|chunk| self::request_id(chunk).is_none())
            .filter(|chunk| chunk.first().is_some_and(|span| span.trace_id == trace_id))
            .collect();
        while let Some(found) = others.iter().position(|chunk| are_related(chunk, &spans)) {
            spans.extend_from_slice(others.swap_remove(found));
        }
        Some(Self::new(spans))
    }

    /// One trace per trace id, in the order in which the trace ids first arrived.
    pub(super) fn all(chunks: &[Chunk]) -> Vec<Self> {
        let mut traces: Vec<Vec<Span>> = Vec::new();
        for chunk in chunks {
            let Some(first) = chunk.first() else { continue };
            match traces
                .iter_mut()
                .find(|spans| spans[0].trace_id == first.trace_id)
            {
                Some(spans) => spans.extend_from_slice(chunk),
                None => traces.push(chunk.clone()),
            }
        }
        traces.into_iter().map(Self::new).collect()
    }

    /// Returns the first span with this operation name.
    ///
    /// # Panics
    ///
    /// Panics if there is none. The message shows the trace.
    #[track_caller]
    pub fn span(&self, name: &str) -> &Span {
        match self.find(name) {
            Some(span) => span,
            None => panic!("no span named `{name}`; there are:\n\n{self}"),
        }
    }

    /// Returns the first span with this operation name, if there is one.
    pub fn find(&self, name: &str) -> Option<&Span> {
        self.spans.iter().find(|span| span.name == name)
    }

    /// Returns all spans, sorted by start.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns the first span whose parent is not in the trace.
    ///
    /// # Panics
    ///
    /// Panics if there is none, as in a trace without spans.
    #[track_caller]
    pub fn root(&self) -> &Span {
        let known: HashSet<u64> = self.spans.iter().map(|span| span.span_id).collect();
        match self
            .spans
            .iter()
            .find(|span| !known.contains(&span.parent_id))
        {
            Some(span) => span,
            None => panic!("no root; the spans are:\n\n{self}"),
        }
    }

    /// Returns the spans whose parent is `span`, sorted by start.
    pub fn children(&self, span: &Span) -> Vec<&Span> {
        self.spans
            .iter()
            .filter(|child| child.parent_id == span.span_id)
            .collect()
    }

    /// Returns the 128-bit trace id, or 0 for a trace without spans.
    pub fn trace_id(&self) -> u128 {
        self.spans.first().map_or(0, |span| span.trace_id)
    }

    /// Returns the sampling priority, or `None` if no span has one. 1 and 2 keep the trace, 0 and -1 drop it.
    pub fn priority(&self) -> Option<i32> {
        let priority = self
            .spans
            .iter()
            .find_map(|span| span.metric("_sampling_priority_v1"))?;
        Some(priority as i32)
    }

    /// Asserts that `child` is a child of `parent`, in the same trace.
    ///
    /// # Panics
    ///
    /// Panics if it is not. The message shows the trace.
    #[track_caller]
    pub fn assert_parent(&self, child: &Span, parent: &Span) {
        assert!(
            child.parent_id == parent.span_id && child.trace_id == parent.trace_id,
            "`{}` ({:x} in trace {:032x}, child of {:x}) is not a child of `{}` ({:x} in trace {:032x}):\n\n{self}",
            child.name,
            child.span_id,
            child.trace_id,
            child.parent_id,
            parent.name,
            parent.span_id,
            parent.trace_id,
        );
    }

    /// Returns the trace drawn as text, see [`Waterfall`].
    pub fn waterfall(&self) -> String {
        Waterfall::new(std::slice::from_ref(self)).to_string()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.waterfall())
    }
}

/// The request id of the invocation that a chunk belongs to.
pub(super) fn request_id(chunk: &Chunk) -> Option<&str> {
    let function = chunk.iter().find(|span| span.name == "aws.lambda")?;
    function.tag("request_id")
}

fn are_related(chunk: &Chunk, spans: &[Span]) -> bool {
    chunk.iter().any(|one| {
        spans.iter().any(|other| {
            one.parent_id == other.span_id
                || one.span_id == other.parent_id
                || one.span_id == other.span_id
        })
    })
}
