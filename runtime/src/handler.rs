//! What `#[ddlambda::handler]` does around the body of a handler.

use std::fmt::Debug;
use std::future::{poll_fn, Future};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::Poll;

use lambda_runtime::Context;

use crate::config::Config;
use crate::contained::say;
use crate::enhanced::End;
use crate::extractor::{chosen, contained, Extractor, RawEvent};
use crate::in_flight::InFlight;
use crate::invocation::handler::Handler;
use crate::invocation::{Failure, Invocation, Outcome, ResponseFacts};
use crate::panic::noted;
use crate::propagation::{Carrier, IntoTraceContext, TraceContext};
use crate::signature::{HandlerEvent, HandlerResult};
use crate::start;

/// Runs the body of a handler within its invocation.
///
/// The body is awaited in a single place: a second one would double the future of every handler, and the code that drops it.
pub async fn invoke<Ev, X, M, F, Fut, R>(
    handler: &'static Handler,
    extractor: X,
    carrier: Option<Carrier>,
    event: Ev,
    body: F,
) -> R
where
    Ev: HandlerEvent,
    X: Extractor<Ev, M>,
    F: FnOnce(Ev) -> Fut,
    Fut: Future<Output = R>,
    R: HandlerResult,
    R::Err: Debug,
{
    let serving = Serving::begin(event.context());
    let dropped = if let Some(invocation) = &serving.invocation {
        let carrier = carrier.or_else(|| event.headers().filter(|_| serving.alone.is_some()));
        let raw = invocation.body();
        let raw = raw
            .as_ref()
            .zip(invocation.context())
            .map(|(body, context)| RawEvent::new(body, context));
        let by_extractor = invocation.enter(|| contained(extractor, &event, raw));
        let mut find = pin!(find(by_extractor, carrier, raw));
        let found = poll_fn(|cx| invocation.enter(|| find.as_mut().poll(cx))).await;
        invocation.identify(found, handler);
        invocation.called();
        Some(Dropped(invocation))
    } else {
        None
    };
    let result = match serving.run(|| body(event)) {
        Ok(future) => {
            let mut future = pin!(future);
            poll_fn(|cx| match serving.run(|| future.as_mut().poll(cx)) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            })
            .await
        }
        Err(panic) => Err(panic),
    };
    std::mem::forget(dropped);
    if let (Some(invocation), Ok(result)) = (serving.unobserved(), &result) {
        invocation.ended(match result.outcome() {
            Ok(_) => Outcome::Success(ResponseFacts::default()),
            Err(error) => Outcome::Failure(Failure::of_error(error)),
        });
    }
    if let Some(sending) = serving.alone.and_then(|alone| alone.end(End::Told)) {
        // A handler that panicked has its trace sent, too, before the panic is resumed.
        sending.await;
    }
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Notes that a handler was dropped before it completed, if nothing else observes the invocation's outcome.
struct Dropped<'a>(&'a Invocation);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        if !self.0.is_observed() {
            self.0.failed(Failure::of_drop("the handler"));
        }
    }
}

/// What a handler call belongs to.
struct Serving {
    /// `None` if nothing is to be traced.
    invocation: Option<Arc<Invocation>>,
    /// Set if there is no layer that manages the invocation.
    alone: Option<InFlight>,
}

impl Serving {
    /// `context` is the event's.
    fn begin(context: Option<&Context>) -> Self {
        // Evaluated last: a call from a test must not read the settings before the test has set them.
        let traced = || Config::get().trace_enabled;
        if let Some(current) = Invocation::current() {
            return Self {
                invocation: Some(current).filter(|current| traced() && current.claim()),
                alone: None,
            };
        }
        // Without a request id this is not an invocation but a plain call, for example from a test.
        let context = context.filter(|context| !context.request_id.is_empty() && traced());
        let invocation = context.map(begin_alone);
        Self {
            alone: invocation
                .clone()
                .map(|invocation| InFlight::begin(invocation, "the handler", End::Told)),
            invocation,
        }
    }

    /// Runs user code within the invocation. A panic is noted on the invocation and returned.
    fn run<T>(&self, call: impl FnOnce() -> T) -> std::thread::Result<T> {
        match &self.invocation {
            Some(invocation) => invocation.enter(|| noted(invocation, call)),
            None => Ok(call()),
        }
    }

    /// The invocation, if its outcome is not observed from outside of the handler.
    fn unobserved(&self) -> Option<&Invocation> {
        let invocation = self.invocation.as_deref();
        invocation.filter(|invocation| !invocation.is_observed())
    }
}

/// Begins an invocation under a runtime without an [`InvocationLayer`](crate::InvocationLayer).
fn begin_alone(context: &Context) -> Arc<Invocation> {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        start::with_subscriber();
        say(&|| {
            tracing::warn!(
                target: "ddlambda",
                "the function runs without `ddlambda::run`: trace context is read from typed carriers and the Lambda \
                 context only, and the trace is sent before the response"
            );
        });
    }
    let invocation = Invocation::begin(context, None);
    // Here it is not known whether the handler will wait.
    invocation.to_count();
    invocation.count_waiting();
    invocation.claim();
    invocation
}

/// The context from the function's own sources: the handler's extractor, the registered one, the typed carrier.
///
/// It takes the extractor's future instead of the event: holding `&Ev` would require payloads to be `Sync`.
async fn find(
    by_extractor: impl Future<Output = Option<TraceContext>>,
    carrier: Option<Carrier>,
    raw: Option<RawEvent<'_>>,
) -> Option<TraceContext> {
    let has_trace = |context: &TraceContext| context.trace_id() != 0;
    let mut found = by_extractor.await;
    if let (Some(registered), Some(raw), false) =
        (chosen(), raw, found.as_ref().is_some_and(has_trace))
    {
        let next = registered.extract(raw).await;
        found = TraceContext::or_else(found, || next);
    }
    TraceContext::or_else(found, || carrier.and_then(Carrier::into_trace_context))
}
