//! The end of an invocation: its spans are sent.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::enhanced::{self, End};
use crate::export;
use crate::invocation::{late, running, startup, Failure, Invocation};
use crate::sampling;
use crate::span::Chunk;

/// A flush leaves this much of the invocation's time for the runtime, and for a log line about lost spans.
const RESERVE: Duration = Duration::from_millis(20);

/// The time limit for sending what is left when the sandbox, or the runtime, ends.
const DRAIN: Duration = Duration::from_millis(250);

/// How long a process that ends in a panic waits for spans being sent in the background.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Ends the invocation and sends its spans, until its deadline at most.
pub(crate) fn flush(invocation: Arc<Invocation>, end: End) -> Sending {
    invocation.count(end);
    let (chunks, ended) = chunks(&invocation);
    let limit = time_left(&invocation);
    send(chunks, limit, Some((invocation, ended)))
}

/// Sends chunks; `of` is the invocation they belong to, if any, and whether this call has ended it.
///
/// Boxed, so that the code exists once in this crate and not in the crate of every function.
fn send(chunks: Vec<Chunk>, limit: Duration, of: Option<(Arc<Invocation>, bool)>) -> Sending {
    Box::pin(async move {
        let mut untold = of.as_ref().filter(|(_, ended)| *ended);
        let mut sending = pin!(async move {
            if !chunks.is_empty() {
                export::send(chunks, limit).await;
            }
        });
        poll_fn(|cx| {
            let polled = sending.as_mut().poll(cx);
            // X-Ray is sent its data while the agent reads the request, which takes time anyway.
            if let Some((invocation, _)) = untold.take() {
                invocation.tell_xray();
            }
            polled
        })
        .await;
        if let Some((invocation, false)) = &of {
            poll_fn(|cx| invocation.poll_expiry(cx)).await;
        }
    })
}

/// A future that sends spans.
pub(crate) type Sending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The same as [`flush`] on a thread that may block.
pub(crate) fn flush_blocking(invocation: &Invocation, end: End) {
    invocation.count(end);
    let (chunks, ended) = chunks(invocation);
    if ended {
        invocation.tell_xray();
    }
    if !chunks.is_empty() {
        export::send_blocking(chunks, time_left(invocation));
    }
}

/// Sends what would be left behind since there will be no more invocations, and what waits in the background queue.
pub(crate) fn drain(invocations: Vec<Arc<Invocation>>) -> Sending {
    // Runs both at the same time.
    let background = export::flush_last(DRAIN);
    let left = send(cut_off(invocations), DRAIN, None);
    Box::pin(async move {
        left.await;
        background.await;
    })
}

/// Sends everything because the process ends here, possibly by a panic in `panicked`; ends all other running invocations,
/// too.
pub(crate) fn flush_all_blocking(panicked: Option<Arc<Invocation>>) {
    let mut invocations = running::all();
    // Units of work are not among the running ones.
    invocations.extend(panicked.filter(|panicked| panicked.context().is_none()));
    let left = invocations.iter().map(|invocation| time_left(invocation));
    let limit = left.min().unwrap_or(Duration::MAX);
    let left = cut_off(invocations);
    if !left.is_empty() {
        export::send_blocking(left, limit);
    }
    export::flush_blocking(LAST_WAIT);
}

/// Ends invocations that will not continue, and returns their spans and those that earlier invocations left behind.
fn cut_off(invocations: Vec<Arc<Invocation>>) -> Vec<Chunk> {
    let mut left = Vec::new();
    for invocation in invocations {
        invocation.failed(Failure::of_drop("the invocation"));
        invocation.finish_spans();
        invocation.count(End::Cut);
        let (chunks, ended) = chunks(&invocation);
        if ended {
            invocation.tell_xray();
        }
        left.extend(chunks);
    }
    left.extend(ready(late::take()));
    left
}

/// Sends the span of a failed start, unless that has been done or there is none to report.
pub(crate) async fn flush_start(failure: Failure) {
    if let Some(chunk) = startup::failed(&failure) {
        enhanced::start_error();
        send(ready(vec![chunk]), Duration::MAX, None).await;
    }
}

/// The same on a thread that may block.
pub(crate) fn flush_start_blocking(failure: &Failure) {
    if let Some(chunk) = startup::failed(failure) {
        enhanced::start_error();
        export::send_blocking(ready(vec![chunk]), Duration::MAX);
    }
}

/// The spans of this invocation and those that earlier ones left behind; and whether this call ends the invocation, which
/// only the first does.
fn chunks(invocation: &Invocation) -> (Vec<Chunk>, bool) {
    // Taken first: spans of this invocation that outlive its end would be among the late ones, too.
    let late = late::take();
    let own = invocation.finish();
    let ended = own.is_some();
    let mut chunks = own.unwrap_or_default();
    chunks.extend(late);
    (ready(chunks), ended)
}

fn ready(mut chunks: Vec<Chunk>) -> Vec<Chunk> {
    chunks.iter_mut().for_each(sampling::mark_single_spans);
    chunks
}

/// The time for sending before the deadline; unlimited if that has passed, since then the function is not run by Lambda.
fn time_left(invocation: &Invocation) -> Duration {
    let deadline = invocation.context().map(|context| context.deadline());
    let left = deadline.and_then(|deadline| deadline.duration_since(SystemTime::now()).ok());
    left.map_or(Duration::MAX, |left| left.saturating_sub(RESERVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    #[test]
    fn where_one_panics_and_the_process_ends_the_others_are_dropped() {
        let unit = || Invocation::begin_unit(Span::new("job", 0, 0), None);
        let (panicked, other) = (unit(), unit());
        for unit in [&panicked, &other] {
            let step = Span::new("step", unit.root_id(), unit.now());
            assert!(unit.open(step).is_some());
        }
        panicked.failed(Failure::of_panic(&"a bug", None));
        let chunks = cut_off(vec![Arc::clone(&panicked), Arc::clone(&other)]);
        for (unit, kind) in [(panicked, "panic"), (other, "dropped")] {
            let own = |chunk: &&Chunk| chunk.spans[0].id == unit.root_id();
            let spans = &chunks.iter().find(own).unwrap().spans;
            assert_eq!(spans[0].tags.text("error.type"), Some(kind));
            let ended: Vec<_> = spans.iter().map(|span| span.duration.is_some()).collect();
            assert_eq!(ended, [true, true]);
        }
    }
}
