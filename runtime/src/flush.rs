//! The end of an invocation: its spans leave for the exporter.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::enhanced::{self, End};
use crate::export;
use crate::invocation::{late, startup, Failure, Invocation};
use crate::sampling;
use crate::span::Chunk;

/// A flush leaves this much of the invocation's time to the runtime, and to a line about what was lost.
const RESERVE: Duration = Duration::from_millis(20);

/// Ends the invocation and sends its spans, not beyond its deadline.
pub(crate) async fn flush(invocation: Arc<Invocation>, end: End) {
    invocation.count(end);
    let chunks = chunks(&invocation);
    if !chunks.is_empty() {
        export::send(&chunks, time_left(&invocation)).await;
    }
}

/// The same on a thread that may block.
pub(crate) fn flush_blocking(invocation: &Invocation, end: End) {
    invocation.count(end);
    let chunks = chunks(invocation);
    if !chunks.is_empty() {
        export::send_blocking(&chunks, time_left(invocation));
    }
}

/// Sends what no invocation would send any more, since there will be none; takes no longer than `limit`.
#[cfg(all(unix, feature = "graceful-shutdown"))]
pub(crate) async fn drain(invocations: Vec<Arc<Invocation>>, limit: Duration) {
    let mut left = Vec::new();
    for invocation in invocations {
        invocation.failed(|| Failure::of_drop("the invocation"));
        invocation.finish_spans();
        invocation.count(End::Cut);
        left.extend(chunks(&invocation));
    }
    left.extend(ready(late::take()));
    if !left.is_empty() {
        export::send(&left, limit).await;
    }
}

/// Sends what is to be told of a start that has failed, unless that is known, or was none.
pub(crate) async fn flush_start(failure: Failure) {
    if let Some(chunk) = startup::failed(&failure) {
        enhanced::start_error();
        export::send(&ready(vec![chunk]), Duration::MAX).await;
    }
}

/// The same on a thread that may block.
pub(crate) fn flush_start_blocking(failure: &Failure) {
    if let Some(chunk) = startup::failed(failure) {
        enhanced::start_error();
        export::send_blocking(&ready(vec![chunk]), Duration::MAX);
    }
}

/// The spans of this invocation, and those that earlier ones left behind.
fn chunks(invocation: &Invocation) -> Vec<Chunk> {
    let mut chunks = invocation.finish();
    chunks.extend(late::take());
    ready(chunks)
}

fn ready(mut chunks: Vec<Chunk>) -> Vec<Chunk> {
    chunks.iter_mut().for_each(sampling::mark_single_spans);
    chunks
}

/// The time for sending before the deadline; without limit if that has passed, for then the function is not run by Lambda.
fn time_left(invocation: &Invocation) -> Duration {
    let deadline = invocation.context().map(|context| context.deadline());
    let left = deadline.and_then(|deadline| deadline.duration_since(SystemTime::now()).ok());
    left.map_or(Duration::MAX, |left| left.saturating_sub(RESERVE))
}
