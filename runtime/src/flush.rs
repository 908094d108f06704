//! The end of an invocation: its spans leave for the exporter.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::export;
use crate::invocation::{late, Invocation};
use crate::sampling;
use crate::span::Chunk;

/// A flush leaves this much of the invocation's time to the runtime.
const RESERVE: Duration = Duration::from_millis(20);

/// Ends the invocation and sends its spans, not beyond its deadline.
///
/// Behind a pointer, so that the code is here and not in every function's own crate.
pub(crate) fn flush(invocation: Arc<Invocation>) -> Sending {
    Box::pin(async move {
        let (chunks, ended) = chunks(&invocation);
        let mut untold = ended.then_some(&invocation);
        let sending = async {
            if !chunks.is_empty() {
                export::send(&chunks, time_left(&invocation).saturating_sub(RESERVE)).await;
            }
        };
        let mut sending = pin!(sending);
        poll_fn(|cx| {
            let polled = sending.as_mut().poll(cx);
            // X-Ray is told while the agent reads, which is to be waited for anyway.
            if let Some(invocation) = untold.take() {
                invocation.tell_xray();
            }
            polled
        })
        .await;
    })
}

/// Spans on their way.
pub(crate) type Sending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The same on a thread that may block.
pub(crate) fn flush_blocking(invocation: &Invocation) {
    let (chunks, ended) = chunks(invocation);
    if ended {
        invocation.tell_xray();
    }
    if !chunks.is_empty() {
        // There is little time: at a timeout a few milliseconds may decide.
        export::send_blocking(&chunks, time_left(invocation));
    }
}

/// The spans of this invocation, and those that earlier ones left behind; and whether the invocation ends here, which it
/// does once.
fn chunks(invocation: &Invocation) -> (Vec<Chunk>, bool) {
    let mut chunks = invocation.finish();
    let ended = !chunks.is_empty();
    chunks.extend(late::take());
    chunks.iter_mut().for_each(sampling::mark_single_spans);
    (chunks, ended)
}

/// The time before the deadline; without limit if that has passed, for then the function is not run by Lambda.
fn time_left(invocation: &Invocation) -> Duration {
    let left = invocation
        .context()
        .deadline()
        .duration_since(SystemTime::now());
    left.unwrap_or(Duration::MAX)
}
