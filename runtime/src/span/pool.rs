//! Sent spans kept for reuse: in a warm sandbox, one invocation after the other uses the same memory for spans and tags.

use std::sync::Mutex;

use super::{Chunk, Span, Spans};

/// The most spans kept: most invocations have fewer.
const MOST: usize = 32;
/// Spans with more memory for tags than this, in bytes, are not kept; a buffer that has grown once or twice is within it.
const LARGEST: usize = 4500;

static SPARE: Mutex<Spans> = Mutex::new(Vec::new());

/// An empty span.
pub(super) fn take() -> Box<Span> {
    // Rather than wait for the lock, allocate.
    let spare = SPARE.try_lock().ok().and_then(|mut spare| spare.pop());
    spare.unwrap_or_default()
}

/// Keeps the spans of chunks that are no longer used.
pub(crate) fn keep(chunks: Vec<Chunk>) {
    let Ok(mut spare) = SPARE.try_lock() else {
        return;
    };
    for mut span in chunks.into_iter().flat_map(|chunk| chunk.spans) {
        if spare.len() < MOST && span.tags.capacity() <= LARGEST {
            span.clear();
            spare.push(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_span_that_was_used_is_as_a_new_one() {
        let mut used = Span::new("used", 1, 2);
        used.resource = Some("what".into());
        used.error = true;
        used.tags.set("tag", "value");
        used.tags.set_number("number", 1.0);
        let room = used.tags.capacity();
        used.clear();
        assert_eq!(*used, Span::default());
        assert_eq!(used.tags.capacity(), room);
    }

    #[test]
    fn what_is_large_is_not_kept() {
        let chunks = |length: usize| {
            let span = |_| {
                let mut span = Span::new("used", 1, 2);
                span.tags.set("tag", "x".repeat(length));
                span
            };
            vec![Chunk {
                head: Arc::default(),
                spans: (0..2 * MOST).map(span).collect(),
            }]
        };
        for length in [1, 10_000] {
            keep(chunks(length));
            let spare = SPARE.lock().unwrap();
            assert!(spare.len() <= MOST);
            assert!(spare.iter().all(|span| span.tags.capacity() <= LARGEST));
        }
    }
}
