//! Spans that outlive their invocation, kept until the next one is sent.

use std::sync::{Arc, Mutex, PoisonError};

use crate::export::warn_dropped;
use crate::span::{Chunk, Head, Span};

/// The most spans kept; more are dropped and counted.
const MAX_LATE: usize = 1_000;
/// The most bytes of spans kept.
const MAX_BYTES: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Late {
    spans: Vec<(Arc<Head>, Box<Span>)>,
    bytes: usize,
    dropped: usize,
}

static LATE: Mutex<Late> = Mutex::new(Late {
    spans: Vec::new(),
    bytes: 0,
    dropped: 0,
});

/// Keeps a finished span of an invocation whose other spans have already been sent.
pub(crate) fn keep(head: Arc<Head>, span: Box<Span>) {
    let mut late = LATE.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes = late.bytes + span.size();
    if late.spans.len() < MAX_LATE && bytes <= MAX_BYTES {
        late.bytes = bytes;
        late.spans.push((head, span));
    } else {
        late.dropped += 1;
    }
}

/// Counts a span that could not be recorded.
pub(crate) fn count_dropped() {
    LATE.lock().unwrap_or_else(PoisonError::into_inner).dropped += 1;
}

/// Takes what was kept, one chunk per trace.
pub(crate) fn take() -> Vec<Chunk> {
    let late = std::mem::take(&mut *LATE.lock().unwrap_or_else(PoisonError::into_inner));
    if late.dropped > 0 {
        let what = format_args!("spans that outlived their invocation were dropped");
        warn_dropped(late.dropped as u64, what);
    }
    Chunk::by_head(late.spans)
}
