//! What a handler under `#[ddlambda::handler]` does around its body.

use std::fmt::Debug;
use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::config::Config;
use crate::enhanced::End;
use crate::extractor::{chosen, contained, Extractor, RawEvent};
use crate::flush::{flush, flush_blocking};
use crate::invocation::handler::Handler;
use crate::invocation::{Failure, Invocation, Outcome, ResponseFacts};
use crate::observe::watched;
use crate::propagation::{Carrier, IntoTraceContext, TraceContext};
use crate::signature::{HandlerEvent, HandlerResult};
use crate::{start, timeout};

/// Runs the body of a handler within its invocation.
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
    if let Some(invocation) = Invocation::current() {
        if !Config::get().trace_enabled || !invocation.claim() {
            return body(event).await;
        }
        return observed(&invocation, handler, extractor, carrier, event, body).await;
    }
    // Without the id of a request this is not an invocation but a call, from a test perhaps.
    let context = event
        .context()
        .filter(|context| !context.request_id.is_empty() && Config::get().trace_enabled);
    let Some(invocation) = context.map(|context| begin_alone(context.clone())) else {
        return body(event).await;
    };
    invocation.claim();
    let carrier = carrier.or_else(|| event.headers());
    let unfinished = Unfinished(Some(Arc::clone(&invocation)));
    let watch = timeout::watch(&invocation);
    let mut running = pin!(invocation.scope(observed(
        &invocation,
        handler,
        extractor,
        carrier,
        event,
        body,
    )));
    // The trace of a panic goes out, too, before the panic goes on.
    let result = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)));
        polled.map_or_else(|panic| Poll::Ready(Err(panic)), |polled| polled.map(Ok))
    })
    .await;
    drop(watch);
    unfinished.disarm();
    flush(invocation.clone(), End::Told).await;
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Notes that a handler is dropped before it ends, where nobody sees what becomes of the invocation then.
struct Dropped<'a>(&'a Invocation);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        if !self.0.is_observed() {
            self.0.failed(|| Failure::of_drop("the handler"));
        }
    }
}

/// Sends the trace of a handler whose future is dropped before it ends, as by a timeout around it.
struct Unfinished(Option<Arc<Invocation>>);

impl Unfinished {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(invocation) = self.0.take() {
            invocation.failed(|| Failure::of_drop("the handler"));
            invocation.finish_spans();
            flush_blocking(&invocation, End::Told);
        }
    }
}

/// An invocation of a runtime that has no [`InvocationLayer`](crate::InvocationLayer).
fn begin_alone(context: lambda_runtime::Context) -> Arc<Invocation> {
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        start::with_subscriber();
        tracing::warn!(
            target: "ddlambda",
            "the function runs without `ddlambda::run`: trace context is read from typed carriers and the Lambda \
             context only, and the trace is sent before the response"
        );
    });
    let invocation = Invocation::begin(context, None);
    invocation.count_begin();
    invocation
}

async fn observed<Ev, X, M, F, Fut, R>(
    invocation: &Arc<Invocation>,
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
    let raw = invocation.body();
    let raw = raw
        .as_ref()
        .zip(invocation.context())
        .map(|(body, context)| RawEvent::new(body, context));
    let by_extractor = contained(extractor, &event, raw);
    let found = find(by_extractor, carrier, raw).await;
    invocation.identify(found, handler);
    invocation.called();
    let dropped = Dropped(invocation);
    let mut future = pin!(watched(Some(invocation), || body(event)));
    let result = poll_fn(|cx| watched(Some(invocation), || future.as_mut().poll(cx))).await;
    std::mem::forget(dropped);
    if !invocation.is_observed() {
        invocation.ended(match result.outcome() {
            Ok(_) => Outcome::Success(ResponseFacts::default()),
            Err(error) => Outcome::Failure(Failure::of_error(error)),
        });
    }
    result
}

/// The context that the function's own means find: the handler's extractor, the registered one, the typed carrier.
///
/// It takes the extractor's future instead of the event: holding `&Ev` would ask for payloads that are `Sync`.
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
