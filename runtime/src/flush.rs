//! The end of an invocation: its spans leave for the exporter.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::enhanced::{self, End};
use crate::export;
use crate::invocation::{late, running, startup, Failure, Invocation};
use crate::sampling;
use crate::span::Chunk;

/// A flush leaves this much of the invocation's time to the runtime, and to a line about what was lost.
const RESERVE: Duration = Duration::from_millis(20);

/// How long what is left at the end of a sandbox, or of the runtime, may take to be sent.
const DRAIN: Duration = Duration::from_millis(250);

/// For how long a process that ends in a panic waits for what is sent in the background.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Ends the invocation and sends its spans, not beyond its deadline.
pub(crate) fn flush(invocation: Arc<Invocation>, end: End) -> Sending {
    invocation.count(end);
    let (chunks, ended) = chunks(&invocation);
    let limit = time_left(&invocation);
    send(chunks, limit, Some((invocation, ended)))
}

/// Sends chunks, those of an invocation perhaps; with it stands whether it has ended.
///
/// Behind a pointer, so that the code is here, once, and not in every function's own crate.
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
            // X-Ray is told while the agent reads, which is to be waited for anyway.
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

/// Spans on their way.
pub(crate) type Sending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The same on a thread that may block.
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

/// Sends what no invocation would send any more, since there will be none, and what waits for the background.
pub(crate) fn drain(invocations: Vec<Arc<Invocation>>) -> Sending {
    // Both at once.
    let background = export::flush_last(DRAIN);
    let left = send(cut_off(invocations), DRAIN, None);
    Box::pin(async move {
        left.await;
        background.await;
    })
}

/// Sends all that there is, since the process ends here, in a panic of `panicked` perhaps; and with it ends what else is
/// under way.
pub(crate) fn flush_all_blocking(panicked: Option<Arc<Invocation>>) {
    let mut invocations = running::all();
    // Units of work are not among them.
    invocations.extend(panicked.filter(|panicked| panicked.context().is_none()));
    let left = invocations.iter().map(|invocation| time_left(invocation));
    let limit = left.min().unwrap_or(Duration::MAX);
    let left = cut_off(invocations);
    if !left.is_empty() {
        export::send_blocking(left, limit);
    }
    export::flush_blocking(LAST_WAIT);
}

/// Ends invocations that go no further, and hands out their spans, and what earlier ones have left behind.
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

/// Sends what is to be told of a start that has failed, unless that is known, or was none.
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

/// The spans of this invocation, and those that earlier ones left behind; and whether the invocation ends here, which it
/// does once.
fn chunks(invocation: &Invocation) -> (Vec<Chunk>, bool) {
    // First: what of this invocation goes on beside its end would be late, too.
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

/// The time for sending before the deadline; without limit if that has passed, for then the function is not run by Lambda.
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
