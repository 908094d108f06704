//! What the program does before its first event: `aws.lambda.load`, and the spans below it.
//!
//! It is kept like an invocation that has no event: its spans are children of a root, which becomes the load span once
//! there is an invocation to hang it below. The extension sends its own `aws.lambda.cold_start` only when it sees a span
//! of that name.

use std::sync::{Arc, Mutex, PoisonError};

use super::outcome::Failure;
use super::root::Root;
use super::sandbox::{self, Start};
use super::Invocation;
use crate::config::Config;
use crate::sampling;
use crate::span::{id, Chunk, Clock, Head, Span, Spans};

/// `None` before the library has started, and once the first invocation has begun.
static STARTUP: Mutex<Option<Arc<Invocation>>> = Mutex::new(None);

/// Begins to keep what the program does. The settings are not read yet: the program may still be changing them.
pub(super) fn begin(clock: Clock) {
    let span = Span::new("aws.lambda.load", 0, clock.started());
    *lock() = Some(Invocation::new(Root::Startup, clock, span, None, None));
}

/// The start under way.
#[cfg(any(
    feature = "tracing",
    feature = "aws-sdk",
    feature = "reqwest",
    feature = "tower-http-client"
))]
pub(crate) fn current() -> Option<Arc<Invocation>> {
    lock().clone().filter(|_| Config::get().traces_cold_start())
}

/// Ends the start.
pub(super) fn take() -> Option<Arc<Invocation>> {
    lock().take().filter(|_| Config::get().traces_cold_start())
}

/// Ends a start that has failed: the span of a function that could not be invoked, and what came before. `None` if an
/// invocation has begun, or if this is known.
pub(crate) fn failed(failure: &Failure) -> Option<Chunk> {
    let first = Start::next() != Start::Warm;
    let config = Config::get();
    if !first || !config.trace_enabled || config.lwa_proxy {
        return None;
    }
    let (clock, startup) = (Clock::now(), take());
    let now = clock.nanos();
    let mut span = Span::new("aws.lambda", 0, clock.at(sandbox::process_start()));
    span.finish(now);
    span.kind = "serverless".into();
    describe(&mut span, config, "aws.lambda");
    span.tags.set_number("error.status", 500.0);
    failure.mark(&mut span);
    let function = span.id;
    let mut spans = vec![Box::new(span)];
    spans.extend(
        startup
            .into_iter()
            .flat_map(|startup| startup.spans(function, now)),
    );
    let head = Head {
        trace_id: id::trace_id(now / 1_000_000_000),
        priority: sampling::AUTO_KEEP,
        tags: vec![("_dd.p.dm".to_owned(), "-0".to_owned())],
        ..Head::default()
    };
    Some(Chunk {
        head: Arc::new(head),
        spans,
    })
}

impl Invocation {
    /// Whether this stands for what comes before the first invocation: then it has no trace yet.
    pub(crate) fn is_startup(&self) -> bool {
        matches!(self.root, Root::Startup)
    }

    /// The spans of the start below `function`, in the first invocation: until that has `begun`, or, where it was long in
    /// coming, until the function was ready for it.
    pub(super) fn load(&self, function: u64, start: Start, begun: u64) -> Spans {
        self.spans(
            function,
            match (start, sandbox::ready_at()) {
                (Start::Proactive, Some(ready)) => self.clock.at(ready).min(begun),
                _ => begun,
            },
        )
    }

    fn spans(&self, function: u64, end: u64) -> Spans {
        let config = Config::get();
        let begin = self.clock.at(sandbox::process_start()).min(end);
        let mut load = Span::new("aws.lambda.load", function, begin);
        load.id = self.root_id;
        load.kind = "aws.lambda.load".into();
        load.finish(end);
        describe(&mut load, config, "aws.lambda.load");
        let mut spans = vec![Box::new(load)];
        let mut state = self.lock();
        state.children.finish(end);
        // In the order they began, so that what a span is below has been looked at before it.
        let mut kept = std::collections::HashSet::from([self.root_id]);
        state.children.take_finished(|span| {
            let is_long = u128::from(span.duration.unwrap_or_default())
                >= config.min_cold_start_duration.as_nanos();
            if is_long && kept.contains(&span.parent_id) {
                kept.insert(span.id);
                spans.push(span);
            }
        });
        state.sent = true;
        spans
    }
}

/// What the spans of a start say of themselves.
fn describe(span: &mut Span, config: &'static Config, operation: &str) {
    let function = config.function_name.as_str();
    span.service = Some("aws.lambda".into());
    span.resource = Some(function.into());
    span.tags.push("operation_name", operation);
    span.tags.push("resource_names", function);
    span.tags.push("resource.name", function);
}

fn lock() -> std::sync::MutexGuard<'static, Option<Arc<Invocation>>> {
    STARTUP.lock().unwrap_or_else(PoisonError::into_inner)
}
