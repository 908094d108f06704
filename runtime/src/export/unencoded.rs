//! The spans that have not been encoded yet.

use crate::span::{Chunk, Head, Span};

/// The spans of some chunks, from the first that has not been encoded.
pub(super) struct Unencoded<'a> {
    chunks: &'a [Chunk],
    /// How many of the first chunk's spans have been encoded.
    passed: usize,
}

impl<'a> Unencoded<'a> {
    pub(super) fn new(chunks: &'a [Chunk]) -> Self {
        let mut left = Self { chunks, passed: 0 };
        left.pass(0);
        left
    }

    /// The rest of the first chunk: what its spans share, and at least one of them.
    pub(super) fn chunk(&self) -> Option<(&'a Head, &'a [Box<Span>])> {
        let chunk = self.chunks.first()?;
        Some((&chunk.head, chunk.spans.get(self.passed..)?))
    }

    /// Notes that this many spans of that chunk have been encoded.
    pub(super) fn pass(&mut self, spans: usize) {
        self.passed += spans;
        while let [first, rest @ ..] = self.chunks {
            if self.passed < first.spans.len() {
                break;
            }
            (self.chunks, self.passed) = (rest, 0);
        }
    }

    /// The number of spans left.
    pub(super) fn spans(&self) -> usize {
        let all: usize = self.chunks.iter().map(|chunk| chunk.spans.len()).sum();
        all - self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(trace_id: u128, spans: usize) -> Chunk {
        let head = Head {
            trace_id,
            ..Head::default()
        };
        Chunk {
            head: head.into(),
            spans: vec![Box::default(); spans],
        }
    }

    #[test]
    fn every_span_of_every_chunk_is_left_once() {
        let chunks = [chunk(1, 0), chunk(2, 3), chunk(3, 0), chunk(4, 1)];
        let mut left = Unencoded::new(&chunks);
        let mut seen = Vec::new();
        while let Some((head, spans)) = left.chunk() {
            seen.push((head.trace_id, spans.len(), left.spans()));
            left.pass(2.min(spans.len()));
        }
        assert_eq!(seen, [(2, 3, 4), (2, 1, 2), (4, 1, 1)]);
        assert_eq!((left.spans(), Unencoded::new(&[]).chunk()), (0, None));
    }
}
