//! One invocation: its spans while they are open, and what happens to them when it ends.
//!
//! In programs that are not Lambda functions, a unit of work takes the place of the invocation; [`root`] holds the
//! differences.
//!
//! An invocation is one value behind one [`Arc`], passed down in a task-local, because several run at once on managed
//! instances. Child spans only know their parent's id, so they can be recorded before it is known which trace the invocation
//! belongs to.

mod children;
mod dropped;
mod expiry;
mod finish;
pub(crate) mod handler;
pub(crate) mod late;
mod metrics;
pub(crate) mod outcome;
mod priority;
pub(crate) mod root;
pub(crate) mod running;
mod sampling;
pub(crate) mod sandbox;
mod service;
mod spans;
pub(crate) mod startup;
mod streaming;
mod trace;
mod unit;
mod xray;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lambda_runtime::Context;

use crate::config::Config;
use crate::propagation::{Baggage, TraceContext};
use crate::span::{id, Clock, Head, Span, Verdict};
use children::Children;
use expiry::Expiry;
use handler::Handler;
pub(crate) use outcome::{Failure, Outcome, ResponseFacts};
use root::{Function, Root};
use sandbox::Start;
use streaming::Streaming;
pub(crate) use trace::head_of;
use trace::Trace;

tokio::task_local! {
    /// The invocation that the running task belongs to.
    static CURRENT: Arc<Invocation>;
}

/// One invocation of the function, or one unit of work.
#[derive(Debug)]
pub(crate) struct Invocation {
    root: Root,
    clock: Clock,
    /// The id of the root span. It is fixed before the span is complete.
    root_id: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The raw event; absent if the handler runs without the runtime-side layer, and after the end.
    body: Option<Bytes>,
    root: Box<Span>,
    /// Read when first needed: usually at the end, when the caller already has the response. Boxed, like the next field, so
    /// that an invocation stays below one kilobyte, up to which allocators keep memory at hand.
    trace: Option<Box<Trace>>,
    /// The context found by the function's own extractor or carrier.
    found: Option<Box<TraceContext>>,
    /// Whether the context becomes a link instead of the parent.
    links_parent: bool,
    /// Counts the changes of the two fields above: a trace read before such a change is read again.
    told: u32,
    children: Children,
    outcome: Option<Outcome>,
    /// The state of a response that continues after the handler.
    streaming: Streaming,
    /// Whether the invocation is being ended from outside.
    expiry: Expiry,
    /// The function's own decision to keep or drop the trace.
    verdict: Option<Verdict>,
    /// Whether the handler has been called.
    called: bool,
    /// Whether the handler's result is observed from outside of it.
    observed: bool,
    /// Whether a handler with the attribute has run.
    claimed: bool,
    /// Whether the extractor is still running: until then nothing may be given trace ids that could turn out wrong.
    searching: bool,
    /// Whether the spans have been handed to the exporter.
    sent: bool,
    /// Whether the invocation itself is still to be counted.
    uncounted: bool,
    /// Whether a failure has been counted.
    counted: bool,
    dropped: usize,
}

impl Invocation {
    /// Begins an invocation; `body` is the raw event if it is available.
    pub(crate) fn begin(context: &Context, body: Option<Bytes>) -> Arc<Self> {
        let start = Start::next();
        let startup = match start {
            Start::Warm => None,
            Start::Cold | Start::Proactive => startup::take(start),
        };
        if Config::get().is_snap_start() {
            id::reseed();
        }
        let clock = Clock::now();
        let function = Function {
            context: context.clone(),
            start,
            startup,
        };
        let (root, span) = (Root::Function(function), root::span(clock.started()));
        let invocation = Self::new(root, clock, span, body, None);
        running::add(&invocation);
        invocation
    }

    fn new(
        root: Root,
        clock: Clock,
        span: Box<Span>,
        body: Option<Bytes>,
        trace: Option<Trace>,
    ) -> Arc<Self> {
        Arc::new(Self {
            root,
            clock,
            root_id: span.id,
            state: Mutex::new(State {
                body,
                root: span,
                trace: trace.map(Box::new),
                found: None,
                links_parent: false,
                told: 0,
                children: Children::default(),
                outcome: None,
                streaming: Streaming::default(),
                expiry: Expiry::None,
                verdict: None,
                called: false,
                observed: false,
                claimed: false,
                searching: false,
                sent: false,
                uncounted: false,
                counted: false,
                dropped: 0,
            }),
        })
    }

    /// The invocation that the running task belongs to.
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

    /// The Lambda context, if this is an invocation of the function.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.root.function().map(|function| &function.context)
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

    /// Notes that the handler is about to run: `aws.lambda` begins at the first call.
    pub(crate) fn called(&self) {
        let now = self.now();
        let mut state = self.lock();
        if !state.called {
            state.called = true;
            state.root.start = now;
        }
    }

    /// Notes that the handler is about to run, and that its result will be reported from outside of it.
    pub(crate) fn observed(&self) {
        self.called();
        self.lock().observed = true;
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.lock().observed
    }

    /// Whether this is the first handler with the attribute in the invocation. Others are called by it or after it and count
    /// as ordinary functions, as all do in a unit of work.
    pub(crate) fn claim(&self) -> bool {
        if self.root.function().is_none() {
            return false;
        }
        let mut state = self.lock();
        let is_first = !std::mem::replace(&mut state.claimed, true);
        state.searching |= is_first;
        is_first
    }

    /// Whether the handler has been called; if not, the event could not be decoded.
    pub(crate) fn was_called(&self) -> bool {
        self.lock().called
    }

    /// Sets how the trace is determined: from `found`, which is what the function's own extractor or carrier yielded, or
    /// else from the event. A context found later replaces a trace that was settled without one.
    pub(crate) fn identify(&self, found: Option<TraceContext>, handler: &Handler) {
        let mut state = self.lock();
        state.searching = false;
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

    /// What all spans of the trace share; settles the trace if necessary. The priority may still be open: see
    /// [`decided`](Self::decided).
    pub(crate) fn head(&self) -> Arc<Head> {
        let state = self.settled();
        let trace = state.trace.as_ref();
        trace.map_or_else(Arc::default, |trace| Arc::clone(&trace.head))
    }

    /// Locks the state, with the trace settled.
    fn settled(&self) -> MutexGuard<'_, State> {
        loop {
            let state = self.lock();
            if state.trace.is_some() || self.is_startup() {
                return state;
            }
            let found = state.found.as_deref().cloned();
            let (body, links_parent, told) = (state.body.clone(), state.links_parent, state.told);
            drop(state);
            // Without the lock: an odd event is logged, and a log line asks for the trace.
            let read = match &self.root {
                Root::Function(Function { context, .. }) => {
                    let body = body.as_deref().unwrap_or_default();
                    Trace::read(body, context, found, links_parent, &self.clock)
                }
                // A unit of work has its trace from the beginning, and the start of the sandbox has none yet.
                Root::Unit | Root::Startup => Trace::of_unit(found, &self.clock),
            };
            let mut state = self.lock();
            if state.told == told {
                state.trace.get_or_insert_with(|| Box::new(read));
                return state;
            }
        }
    }

    /// The baggage of the trace; settles the trace if necessary.
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

    /// Notes how the handler ended, and that it ended now. A later call may refine the outcome.
    pub(crate) fn ended(&self, outcome: Outcome) {
        self.end(outcome, |_| true);
    }

    /// Notes a failure unless the outcome is already known.
    pub(crate) fn failed(&self, failure: Failure) {
        self.end(Outcome::Failure(failure), Option::is_none);
    }

    /// Notes a failure after the handler had succeeded, such as a response that cannot be serialized.
    pub(crate) fn spoiled(&self, failure: Failure) {
        self.end(Outcome::Failure(failure), |known| {
            !matches!(known, Some(Outcome::Failure(_)))
        });
    }

    fn end(&self, outcome: Outcome, counts: fn(&Option<Outcome>) -> bool) {
        let now = self.now();
        let mut state = self.lock();
        let counts = counts(&state.outcome);
        if state.streaming.goes_on() || (counts && state.streaming.began()) {
            // The span ends with the stream.
            state.break_off(outcome);
        } else if counts {
            state.root.finish(now);
            state.outcome = Some(outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held leaves the state consistent: no change takes two steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A future within an invocation.
pub(crate) type Scoped<F> = tokio::task::futures::TaskLocalFuture<Arc<Invocation>, F>;
