//! What the program does before its first event: `aws.lambda.load`, and the spans below it.
//!
//! It is kept like an invocation without an event: its spans are children of a root, which becomes the load span below the
//! first invocation. The extension sends its own `aws.lambda.cold_start` only when it sees a span of that name.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::children::Children;
use super::dropped::Dropped;
use super::outcome::Failure;
use super::root::Root;
use super::sandbox::{self, Start};
use super::Invocation;
use crate::config::Config;
use crate::sampling;
use crate::span::{id, Chunk, Clock, Head, Span, Spans};

/// `None` before the library has started, and once the first invocation has begun.
static STARTUP: Mutex<Option<Arc<Invocation>>> = Mutex::new(None);

/// Begins to record the startup. The settings are not read yet: the program may still change them.
pub(super) fn begin(clock: Clock) {
    let span = Span::new("aws.lambda.load", 0, clock.started());
    *lock() = Some(Invocation::new(Root::Startup, clock, span, None, None));
}

/// The startup in progress.
pub(crate) fn current() -> Option<Arc<Invocation>> {
    lock().clone().filter(|_| Config::get().traces_cold_start())
}

/// Ends the startup and its open spans, for the first invocation.
pub(super) fn take(start: Start) -> Option<Arc<Invocation>> {
    let startup = lock()
        .take()
        .filter(|_| Config::get().traces_cold_start())?;
    let now = startup.now();
    let end = startup.end_of_load(start, now).unwrap_or(now);
    startup.lock().children.finish(end);
    Some(startup)
}

/// Reports a startup that has failed: the span of the function that could not be invoked, and what came before. `None` if an
/// invocation has begun, or if a failure has been reported already. If the function continues nevertheless, its startup is
/// still recorded.
pub(crate) fn failed(failure: &Failure) -> Option<Chunk> {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let config = Config::get();
    let may_tell = config.is_function && config.trace_enabled && !config.lwa_proxy;
    if !may_tell || !sandbox::awaits_first() || TOLD.swap(true, Ordering::Relaxed) {
        return None;
    }
    let (clock, startup) = (Clock::now(), current());
    let now = clock.nanos();
    let mut span = Span::new("aws.lambda", 0, clock.at(sandbox::process_start()));
    span.finish(now);
    span.kind = "serverless".into();
    describe(&mut span, config, "aws.lambda");
    span.tags.set_number("error.status", 500.0);
    failure.mark(&mut span);
    let function = span.id;
    let mut spans = vec![span];
    if let Some(startup) = startup {
        let mut children = startup.lock().children.clone();
        spans.extend(startup.spans(&mut children, function, now));
    }
    let head = Head {
        trace_id: id::trace_id(now / 1_000_000_000),
        priority: sampling::AUTO_KEEP,
        tags: vec![(Head::DECISION_MAKER.to_owned(), "-0".to_owned())],
        ..Head::default()
    };
    Some(Chunk {
        head: Arc::new(head),
        spans,
    })
}

impl Invocation {
    /// Whether this represents the startup, which has no trace yet.
    pub(crate) fn is_startup(&self) -> bool {
        matches!(self.root, Root::Startup)
    }

    /// When the load span ends: at `begun`, the beginning of the first invocation, or, if that was long in coming, when the
    /// function was ready for it. `None` if that is not known.
    fn end_of_load(&self, start: Start, begun: u64) -> Option<u64> {
        match start {
            Start::Proactive => Some(self.clock.at(sandbox::ready_at()?).min(begun)),
            Start::Cold | Start::Warm => Some(begun),
        }
    }

    /// The spans of the startup, below the span `function` of the first invocation, which began at `begun`.
    pub(super) fn load(&self, function: u64, start: Start, begun: u64) -> Spans {
        let Some(end) = self.end_of_load(start, begun) else {
            return Spans::new();
        };
        let mut state = self.lock();
        state.sent = true;
        self.spans(&mut state.children, function, end)
    }

    /// Counts what the startup had no room for.
    pub(super) fn dropped(&self) -> Dropped {
        let state = self.lock();
        state.children.dropped(state.dropped)
    }

    fn spans(&self, children: &mut Children, function: u64, end: u64) -> Spans {
        let config = Config::get();
        let begin = self.clock.at(sandbox::process_start()).min(end);
        let mut load = Span::new("aws.lambda.load", function, begin);
        load.id = self.root_id;
        load.kind = "aws.lambda.load".into();
        load.finish(end);
        describe(&mut load, config, "aws.lambda.load");
        children.finish(end);
        let mut all = Spans::with_capacity(children.len() + 1);
        // A parent is looked up before its children. The spans come nearly in this order, so inserting them suffices: a sort
        // is large code.
        children.take_finished(|span| {
            let place = all.partition_point(|other| other.start <= span.start);
            all.insert(place, span);
        });
        let mut kept = HashSet::from([self.root_id]);
        all.retain(|span| {
            let is_long = u128::from(span.duration.unwrap_or_default())
                >= config.min_cold_start_duration.as_nanos();
            is_long && kept.contains(&span.parent_id) && kept.insert(span.id)
        });
        all.insert(0, load);
        all
    }
}

/// Sets what all spans of a startup have in common.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_span_is_below_counts_wherever_it_is_kept() {
        let clock = Clock::now();
        let span = Span::new("aws.lambda.load", 0, clock.started());
        let startup = Invocation::new(Root::Startup, clock, span, None, None);
        let root = startup.root_id();
        let step = |name: &'static str, below: u64, seconds_ago: u64| {
            let start = clock.started() - seconds_ago * 1_000_000_000;
            Span::new(name, below, start)
        };
        let taken_back = step("taken back", root, 3);
        let id = taken_back.id;
        let place = startup.open(taken_back).unwrap();
        let above = step("above", root, 2);
        let below = step("below", above.id, 1);
        startup.open(above).unwrap();
        startup.lock().children.take(place, id).unwrap();
        assert_eq!(startup.open(below), Some(place));

        let names = |spans: &Spans| -> Vec<String> {
            spans.iter().map(|span| span.name.to_string()).collect()
        };
        let expected = ["aws.lambda.load", "above", "below"];
        let mut copy = startup.lock().children.clone();
        let now = clock.started();
        assert_eq!(names(&startup.spans(&mut copy, 7, now)), expected);
        let spans = startup.load(7, Start::Cold, now);
        assert_eq!(names(&spans), expected);
        assert_eq!((spans[0].id, spans[0].parent_id), (root, 7));
    }
}
