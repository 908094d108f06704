//! The end of an invocation: its spans leave for the exporter.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::export;
use crate::invocation::{late, Invocation};
use crate::sampling;
use crate::span::Chunk;

/// A flush leaves this much of the invocation's time to the runtime, and to a line about what was lost.
const RESERVE: Duration = Duration::from_millis(20);

/// Ends the invocation and sends its spans, not beyond its deadline.
pub(crate) async fn flush(invocation: Arc<Invocation>) {
    let chunks = chunks(&invocation);
    if !chunks.is_empty() {
        export::send(&chunks, time_left(&invocation)).await;
    }
}

/// The same on a thread that may block.
pub(crate) fn flush_blocking(invocation: &Invocation) {
    let chunks = chunks(invocation);
    if !chunks.is_empty() {
        export::send_blocking(&chunks, time_left(invocation));
    }
}

/// The spans of this invocation, and those that earlier ones left behind.
fn chunks(invocation: &Invocation) -> Vec<Chunk> {
    let mut chunks = invocation.finish();
    chunks.extend(late::take());
    chunks.iter_mut().for_each(sampling::mark_single_spans);
    chunks
}

/// The time for sending before the deadline; without limit if that has passed, for then the function is not run by Lambda.
fn time_left(invocation: &Invocation) -> Duration {
    let left = invocation
        .context()
        .deadline()
        .duration_since(SystemTime::now());
    left.map_or(Duration::MAX, |left| left.saturating_sub(RESERVE))
}
