//! One invocation: its spans while they are open, and what becomes of them when it ends.
//!
//! Everything about an invocation is one value behind one [`Arc`], passed down in a task-local; several run at once on
//! managed instances. Child spans only know their parent's id, so they may be recorded before it is known which trace
//! the invocation belongs to.

mod children;
mod decided;
pub(crate) mod handler;
pub(crate) mod late;
pub(crate) mod outcome;
mod priority;
pub(crate) mod root;
pub(crate) mod running;
pub(crate) mod sandbox;
mod service;
mod trace;
mod xray;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lambda_runtime::Context;

use crate::config::Config;
use crate::propagation::{Baggage, TraceContext};
use crate::span::{id, Chunk, Clock, Head, Span, Spans, Tags, Verdict};
use crate::{capture, metric};
use children::{Children, MAX_SPANS};
use handler::Handler;
pub(crate) use outcome::{Failure, Outcome, ResponseFacts};
use sandbox::Start;
pub(crate) use trace::head_of;
use trace::Trace;

tokio::task_local! {
    /// The invocation that the running task serves.
    static CURRENT: Arc<Invocation>;
}

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
    children: Children,
    outcome: Option<Outcome>,
    /// What the function says about keeping the trace.
    verdict: Option<Verdict>,
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
    pub(crate) fn begin(context: &Context, body: Option<Bytes>) -> Arc<Self> {
        let clock = Clock::now();
        let start = Start::next();
        if Config::get().initialization_type.as_deref() == Some("snap-start") {
            id::reseed();
        }
        let root = root::span(clock.started());
        let invocation = Arc::new(Self {
            context: context.clone(),
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
                children: Children::default(),
                outcome: None,
                verdict: None,
                called: false,
                observed: false,
                claimed: false,
                sent: false,
                dropped: 0,
            }),
        });
        running::add(&invocation);
        invocation
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

    /// What all spans of the trace share; settles the trace if that has not been done. Its priority may be open: see
    /// [`decided`](Self::decided).
    pub(crate) fn head(&self) -> Arc<Head> {
        let state = self.settled();
        let trace = state.trace.as_ref();
        trace.map_or_else(Arc::default, |trace| Arc::clone(&trace.head))
    }

    /// The state, with the trace.
    fn settled(&self) -> MutexGuard<'_, State> {
        loop {
            let state = self.lock();
            if state.trace.is_some() {
                return state;
            }
            let found = state.found.as_deref().cloned();
            let (body, links_parent, told) = (state.body.clone(), state.links_parent, state.told);
            drop(state);
            // Without the lock: what is odd about an event is logged, and a log line asks for its trace.
            let body = body.as_deref().unwrap_or_default();
            let read = Trace::read(body, &self.context, found, links_parent, &self.clock);
            let mut state = self.lock();
            if state.told == told {
                state.trace.get_or_insert_with(|| Box::new(read));
                return state;
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
    pub(crate) fn open(&self, mut span: Box<Span>) -> Option<usize> {
        let mut state = self.lock();
        // What is said within a record of another trace is not about this one.
        let verdict = span.verdict.take().filter(|_| span.head.is_none());
        state.hear(verdict);
        let place = state.children.open(span);
        match place {
            None if state.sent => late::count_dropped(),
            None => state.dropped += 1,
            Some(_) => {}
        }
        place
    }

    /// Changes an open child span; a span that has left stays as it was. `change` runs no code of the user's: that could
    /// log, and a log line asks for the trace, which is behind the same lock.
    pub(crate) fn change(&self, place: usize, id: u64, change: impl FnOnce(&mut Span)) {
        let mut state = self.lock();
        if let Some(span) = state.children.get(place, id) {
            change(span);
            let verdict = span.verdict.take().filter(|_| span.head.is_none());
            state.hear(verdict);
        }
    }

    /// Changes `aws.lambda` while it is open.
    pub(crate) fn change_root(&self, change: impl FnOnce(&mut Span)) {
        let mut state = self.lock();
        if !state.sent {
            change(&mut state.root);
            let verdict = state.root.verdict.take();
            state.hear(verdict);
        }
    }

    /// Closes a child span now; one that outlives the invocation goes with the next one's spans.
    pub(crate) fn close(&self, place: usize, id: u64) {
        let now = self.now();
        let mut state = self.lock();
        let Some(span) = state.children.get(place, id) else {
            return;
        };
        span.finish(now);
        if state.sent {
            let mut span = state.children.take(place, id);
            let own = span.as_mut().and_then(|span| span.head.take());
            let head = own.or_else(|| Some(Arc::clone(&state.trace.as_ref()?.head)));
            drop(state);
            if let (Some(span), Some(head)) = (span, head) {
                late::keep(head, span);
            }
        }
    }

    /// Notes how the handler ended, and that it ended now. What is said later says more of the same end.
    pub(crate) fn ended(&self, outcome: Outcome) {
        self.end(outcome, |_| true);
    }

    /// Notes a failure unless the end is known already.
    pub(crate) fn failed(&self, failure: Failure) {
        self.end(Outcome::Failure(failure), Option::is_none);
    }

    /// Notes a failure that came after the handler had ended well, such as a response that does not serialise.
    pub(crate) fn spoiled(&self, failure: Failure) {
        self.end(Outcome::Failure(failure), |known| {
            !matches!(known, Some(Outcome::Failure(_)))
        });
    }

    fn end(&self, outcome: Outcome, counts: fn(&Option<Outcome>) -> bool) {
        let now = self.now();
        let mut state = self.lock();
        if counts(&state.outcome) {
            state.root.finish(now);
            state.outcome = Some(outcome);
        }
    }

    /// Ends every span that is still open, now.
    pub(crate) fn finish_spans(&self) {
        let now = self.now();
        self.lock().children.finish(now);
    }

    /// Ends the invocation and hands out all spans that are finished: those of its trace, the first span first, and those
    /// of other traces.
    pub(crate) fn finish(&self) -> Vec<Chunk> {
        running::remove(self);
        let captured = self.capture();
        let now = self.now();
        let mut state = self.settled();
        if std::mem::replace(&mut state.sent, true) {
            return Vec::new();
        }
        let State {
            body,
            root,
            trace,
            children,
            outcome,
            verdict,
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
        let mut all = Spans::with_capacity(children.len() + 3);
        let Some(trace) = trace else {
            return Vec::new();
        };
        trace.finish(&mut root, &own, outcome.as_ref(), &mut all);
        let batch_failures = outcome.as_ref().and_then(Outcome::batch_failures);
        let load = self.load_span(&root);
        all.push(root);
        all.extend(load);
        let mut foreign = Vec::new();
        children.take_finished(|mut span| match span.head.take() {
            None => all.push(span),
            Some(head) => foreign.push((head, span)),
        });
        if let Some(first) = all.first_mut() {
            trace.close(*verdict, first);
        }
        let head = Arc::clone(&trace.head);
        *body = None;
        drop(state);
        if dropped > 0 {
            tracing::warn!(target: "ddlambda", dropped, "spans beyond {MAX_SPANS} in one invocation were dropped");
        }
        if let Some(count) = batch_failures {
            metric::batch_item_failures(count, &self.context, self.start == Start::Cold);
        }
        let mut chunks = vec![Chunk { head, spans: all }];
        chunks.extend(Chunk::by_head(foreign));
        chunks
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
        span.tags.set("resource_names", &config.function_name);
        Some(Box::new(span))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held leaves the state whole: nothing here is changed in two steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A future within an invocation.
pub(crate) type Scoped<F> = tokio::task::futures::TaskLocalFuture<Arc<Invocation>, F>;
