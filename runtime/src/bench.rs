//! Access for the benchmarks in `benches/`. Not public API: it may change in any release, including patch releases.

use lambda_runtime::Context;

use crate::config::Config;
use crate::export;
use crate::invocation::Invocation;
use crate::span::{pool, unix_nanos, Chunk, Head, Span};
use crate::trigger::{self, Event, Incoming};

/// Runs `call` within an invocation whose trace is not sent. The trace is determined beforehand, so that this is not
/// measured.
pub fn within<R>(call: impl FnOnce() -> R) -> R {
    let invocation = Invocation::begin(&Context::default(), None);
    _ = invocation.decided();
    let result = invocation.enter(call);
    pool::keep(invocation.finish().unwrap_or_default());
    result
}

/// Reads everything that an event contains about its trace, and returns the trace id; 0 if there is none.
pub fn read(body: &[u8], context: &Context) -> u128 {
    let event = Event::new(body, context, Config::get(), 0);
    trace_id(trigger::read(&event, None))
}

/// Finds only the trace contexts of an event, without tags, inferred spans and pointers, and returns the trace id.
pub fn find_context(body: &[u8], context: &Context) -> u128 {
    let event = Event::new(body, context, Config::get(), 0);
    trace_id(trigger::find_context(&event))
}

fn trace_id(incoming: Incoming) -> u128 {
    incoming.context.map_or(0, |context| context.trace_id)
}

/// Returns a function that encodes a trace of this many spans with two tags each, and returns the length of the requests.
pub fn encoder(spans: usize) -> impl Fn() -> usize {
    let now = unix_nanos(std::time::SystemTime::now());
    let span = |place: usize| {
        let mut span = Span::new("step", 1, now);
        span.tags.set("item", "widget");
        span.tags.set_number("level", place as f64);
        span.finish(now + 1_000);
        span
    };
    let chunk = Chunk {
        head: Head::default().into(),
        spans: (0..spans).map(span).collect(),
    };
    let chunks = [chunk];
    move || export::encoded_len(&chunks)
}
