//! One invocation: its spans while they are open, and what becomes of them when it ends.
//!
//! Everything about an invocation is one value behind one [`Arc`], passed down in a task-local; several run at once on
//! managed instances. Child spans only know their parent's id, so they may be recorded before it is known which trace
//! the invocation belongs to.

pub(crate) mod handler;
pub(crate) mod late;
pub(crate) mod outcome;
pub(crate) mod root;
pub(crate) mod sandbox;
mod service;
mod trace;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lambda_runtime::Context;

use crate::config::Config;
use crate::propagation::{Baggage, TraceContext};
use crate::span::{Chunk, Clock, Head, Span, Tags};
use crate::{capture, metric};
use handler::Handler;
pub(crate) use outcome::{Failure, Outcome, ResponseFacts};
use sandbox::Start;
use trace::Trace;

tokio::task_local! {
    /// The invocation that the running task serves.
    static CURRENT: Arc<Invocation>;
}

/// More spans than this are dropped and counted, so that a function that loops cannot fill the sandbox's memory.
const MAX_SPANS: usize = 20_000;

/// One invocation of the function.
#[derive(Debug)]
pub(crate) struct Invocation {
    context: Context,
    clock: Clock,
    start: Start,
    /// The id of `aws.lambda`, known before the span is.
    root_id: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The event as it came; absent where the handler runs without the runtime-side layer, and when it is over.
    body: Option<Bytes>,
    root: Box<Span>,
    /// Read when it is first asked for: usually at the end, when nobody waits for the response any more.
    /// In a box, as is the next, so that an invocation stays below the kilobyte up to which allocators keep memory at hand.
    trace: Option<Box<Trace>>,
    /// The context that the function's own means have found.
    found: Option<Box<TraceContext>>,
    /// Whether the context becomes a link instead of the parent.
    links_parent: bool,
    /// Counts the changes of the two above: what was read before one does not count.
    told: u32,
    /// Child spans in the order they began; `None` where a span has left.
    spans: Vec<Option<Box<Span>>>,
    /// Places that spans have left after the others were sent.
    free: Vec<usize>,
    outcome: Option<Outcome>,
    /// Whether the handler has been called.
    called: bool,
    /// Whether the handler's results are seen from outside of it.
    observed: bool,
    /// Whether a handler with the attribute has run.
    claimed: bool,
    /// Whether the spans have been handed to the exporter.
    sent: bool,
    dropped: usize,
}

impl Invocation {
    /// Begins an invocation; `body` is the raw event if it is at hand.
    pub(crate) fn begin(context: Context, body: Option<Bytes>) -> Arc<Self> {
        let clock = Clock::now();
        let start = Start::next();
        let root = root::span(clock.started());
        Arc::new(Self {
            context,
            clock,
            start,
            root_id: root.id,
            state: Mutex::new(State {
                body,
                root: Box::new(root),
                trace: None,
                found: None,
                links_parent: false,
                told: 0,
                spans: Vec::new(),
                free: Vec::new(),
                outcome: None,
                called: false,
                observed: false,
                claimed: false,
                sent: false,
                dropped: 0,
            }),
        })
    }

    /// The invocation that the running task serves.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Makes this the current invocation while `call` runs.
    pub(crate) fn enter<R>(self: &Arc<Self>, call: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(Arc::clone(self), call)
    }

    /// Makes this the current invocation whenever `future` is polled.
    pub(crate) fn scope<F: std::future::Future>(self: &Arc<Self>, future: F) -> Scoped<F> {
        CURRENT.scope(Arc::clone(self), future)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn body(&self) -> Option<Bytes> {
        self.lock().body.clone()
    }

    /// Whether the response may matter to the spans: the event may have come through a service of HTTP, be a batch, or
    /// belong to a durable execution.
    pub(crate) fn asks_response(&self) -> bool {
        const MARKS: [&[u8]; 4] = [
            b"questContext\"",
            // In events of VPC Lattice that have no context.
            b"query_string_parameters\"",
            b"Records\"",
            b"DurableExecutionArn\"",
        ];
        let body = self.body().unwrap_or_default();
        // By rare letters: a search for text of any kind would bring more code than this is worth.
        memchr::memchr3_iter(b'q', b'R', b'D', &body)
            .any(|at| MARKS.iter().any(|mark| body[at..].starts_with(mark)))
    }

    pub(crate) fn root_id(&self) -> u64 {
        self.root_id
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.nanos()
    }

    /// Notes that the handler is about to run: `aws.lambda` begins at the first such moment.
    pub(crate) fn called(&self) {
        let now = self.now();
        let mut state = self.lock();
        if !state.called {
            state.called = true;
            state.root.start = now;
        }
    }

    /// Notes that the handler is about to run, and that its end will be told from outside of it.
    pub(crate) fn observed(&self) {
        self.called();
        self.lock().observed = true;
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.lock().observed
    }

    /// Whether this is the first handler with the attribute in the invocation: others are called by it or after it, and
    /// are functions like any.
    pub(crate) fn claim(&self) -> bool {
        !std::mem::replace(&mut self.lock().claimed, true)
    }

    /// Whether the handler has been called; if not, the event did not decode.
    pub(crate) fn was_called(&self) -> bool {
        self.lock().called
    }

    /// Says how to settle which trace the invocation belongs to: `found` by the function's own extractor or carrier, or
    /// else by the event. What is found later wins over what was settled for want of it.
    pub(crate) fn identify(&self, found: Option<TraceContext>, handler: &Handler) {
        let mut state = self.lock();
        if found.is_some() || handler.links_parent() {
            state.found = found.map(Box::new);
            state.links_parent = handler.links_parent();
            state.told += 1;
            state.trace = None;
        }
        if let Some(service) = handler.service {
            state.root.service = Some(service.into());
        }
        if let Some(resource) = handler.resource {
            state.root.resource = Some(resource.into());
        }
    }

    /// What all spans of the trace share; settles the trace if that has not been done.
    pub(crate) fn head(&self) -> Arc<Head> {
        loop {
            let (body, found, links_parent, told) = {
                let state = self.lock();
                if let Some(trace) = &state.trace {
                    return Arc::clone(&trace.head);
                }
                let found = state.found.as_deref().cloned();
                (state.body.clone(), found, state.links_parent, state.told)
            };
            // Without the lock: what is odd about an event is logged, and a log line asks for its trace.
            let body = body.as_deref().unwrap_or_default();
            let read = Trace::read(body, &self.context, found, links_parent, &self.clock);
            let mut state = self.lock();
            if state.told == told {
                return Arc::clone(&state.trace.get_or_insert_with(|| Box::new(read)).head);
            }
        }
    }

    /// The baggage of the trace; settles the trace if that has not been done.
    pub(crate) fn baggage(&self) -> Baggage {
        self.head();
        let state = self.lock();
        let trace = state.trace.as_ref();
        trace.map(|trace| trace.baggage.clone()).unwrap_or_default()
    }

    pub(crate) fn change_baggage(&self, change: impl FnOnce(&mut Baggage)) {
        self.head();
        if let Some(trace) = &mut self.lock().trace {
            change(&mut trace.baggage);
        }
    }

    /// Opens a child span and returns its place, or `None` if it is dropped.
    #[cfg(feature = "tracing")]
    pub(crate) fn open(&self, span: Span) -> Option<usize> {
        let mut state = self.lock();
        if let Some(place) = state.free.pop() {
            state.spans[place] = Some(Box::new(span));
            return Some(place);
        }
        if state.spans.len() >= MAX_SPANS {
            if state.sent {
                late::count_dropped();
            } else {
                state.dropped += 1;
            }
            return None;
        }
        state.spans.push(Some(Box::new(span)));
        Some(state.spans.len() - 1)
    }

    /// Changes an open child span; a span that has left stays as it was. `change` runs no code of the user's: that could
    /// log, and a log line asks for the trace, which is behind the same lock.
    pub(crate) fn change(&self, place: usize, change: impl FnOnce(&mut Span)) {
        if let Some(Some(span)) = self.lock().spans.get_mut(place) {
            change(span);
        }
    }

    /// Changes `aws.lambda` while it is open.
    pub(crate) fn change_root(&self, change: impl FnOnce(&mut Span)) {
        let mut state = self.lock();
        if !state.sent {
            change(&mut state.root);
        }
    }

    /// Closes a child span now; one that outlives the invocation goes with the next one's spans.
    #[cfg(feature = "tracing")]
    pub(crate) fn close(&self, place: usize) {
        let now = self.now();
        let mut state = self.lock();
        let sent = state.sent;
        let Some(slot) = state.spans.get_mut(place) else {
            return;
        };
        if let Some(span) = slot {
            span.finish(now);
        }
        if sent {
            let (span, head) = (
                slot.take(),
                state.trace.as_ref().map(|trace| Arc::clone(&trace.head)),
            );
            if span.is_some() {
                state.free.push(place);
            }
            drop(state);
            if let (Some(span), Some(head)) = (span, head) {
                late::keep(head, span);
            }
        }
    }

    /// Notes how the handler ended, and that it ended now. What is said later says more of the same end.
    pub(crate) fn ended(&self, outcome: Outcome) {
        let now = self.now();
        let mut state = self.lock();
        state.root.finish(now);
        state.outcome = Some(outcome);
    }

    /// Notes a failure unless the end is known already.
    pub(crate) fn failed(&self, failure: impl FnOnce() -> Failure) {
        let known = self.lock().outcome.is_some();
        if !known {
            self.ended(Outcome::Failure(failure()));
        }
    }

    /// Notes a failure that came after the handler had ended well, such as a response that does not serialise.
    pub(crate) fn spoiled(&self, failure: Failure) {
        if !matches!(self.lock().outcome, Some(Outcome::Failure(_))) {
            self.ended(Outcome::Failure(failure));
        }
    }

    /// Ends every span that is still open, now.
    pub(crate) fn finish_spans(&self) {
        let now = self.now();
        for span in self.lock().spans.iter_mut().flatten() {
            span.finish(now);
        }
    }

    /// Ends the invocation and hands out all spans that are finished, the trace's own first span first.
    pub(crate) fn finish(&self) -> Option<Chunk> {
        let head = self.head();
        let captured = self.capture();
        let now = self.now();
        let mut state = self.lock();
        if std::mem::replace(&mut state.sent, true) {
            return None;
        }
        let State {
            body,
            root,
            trace,
            spans,
            free,
            outcome,
            dropped,
            ..
        } = &mut *state;
        root.finish(now);
        let own = root::complete(root, &self.context, Config::get(), self.start);
        root.tags.append(&captured);
        let dropped = *dropped;
        if dropped > 0 {
            root.tags
                .set_number("_dd.ddlambda.dropped_spans", dropped as f64);
        }
        let mut root = std::mem::take(root);
        let mut all = Vec::with_capacity(spans.len() + 3);
        match trace {
            Some(trace) => all.extend(trace.finish(&mut root, &own, outcome.as_ref())),
            None => root.tags.update(&own),
        }
        let batch_failures = outcome.as_ref().and_then(Outcome::batch_failures);
        let load = self.load_span(&root);
        all.push(root);
        all.extend(load);
        all.extend(
            spans
                .iter_mut()
                .filter_map(|slot| slot.take_if(|span| span.duration.is_some())),
        );
        let places = spans.iter().enumerate();
        *free = places
            .filter(|(_, slot)| slot.is_none())
            .map(|(place, _)| place)
            .collect();
        *body = None;
        drop(state);
        if dropped > 0 {
            tracing::warn!(target: "ddlambda", dropped, "spans beyond {MAX_SPANS} in one invocation were dropped");
        }
        if let Some(count) = batch_failures {
            metric::batch_item_failures(count, &self.context, self.start == Start::Cold);
        }
        Some(Chunk { head, spans: all })
    }

    /// The event and the response as tags, if they are to be captured.
    fn capture(&self) -> Tags {
        let config = Config::get();
        if !config.capture_payload {
            return Tags::new();
        }
        let (event, response) = {
            let mut state = self.lock();
            let response = state.outcome.as_mut().and_then(Outcome::take_json);
            (state.body.clone(), response)
        };
        // Without the lock, as above.
        let mut tags = capture::flatten("function.request", &event.unwrap_or_default(), config);
        let response = response.unwrap_or_default();
        tags.append(&capture::flatten("function.response", &response, config));
        tags
    }

    /// `aws.lambda.load`, from the library's start to the invocation: the extension sends its own
    /// `aws.lambda.cold_start` span only when it sees this one.
    fn load_span(&self, root: &Span) -> Option<Box<Span>> {
        let config = Config::get();
        let sandbox = config.initialization_type.as_deref();
        // Under SnapStart the extension would date the cold start by the snapshot; managed instances have none.
        if self.start == Start::Warm
            || !config.cold_start_tracing
            || matches!(sandbox, Some("snap-start" | "lambda-managed-instances"))
        {
            return None;
        }
        let mut span = Span::new(
            "aws.lambda.load",
            root.id,
            self.clock.at(sandbox::started()),
        );
        span.finish(self.clock.started());
        span.service = Some("aws.lambda".into());
        span.kind = "aws.lambda.load".into();
        span.resource = Some(config.function_name.clone().into());
        span.tags.set("operation_name", "aws.lambda.load");
        span.tags
            .set("resource_names", config.function_name.clone());
        Some(Box::new(span))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held leaves the state whole: nothing here is changed in two steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A future within an invocation.
pub(crate) type Scoped<F> = tokio::task::futures::TaskLocalFuture<Arc<Invocation>, F>;
