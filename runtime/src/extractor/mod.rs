//! User functions that find the trace context of an event.

mod contained;

mod registry;

use std::future::{ready, Future};

use lambda_runtime::Context;

use crate::signature::HandlerEvent;
use crate::{Json, TraceContext};

pub use crate::propagation::IntoTraceContext;
pub(crate) use contained::contained;
pub(crate) use registry::{chosen, say_unknown};
pub use registry::{Extracting, FromRaw, Registered};

/// An event as received from Lambda, for extractors that need more than the handler's payload type contains.
///
/// It requires [`ddlambda::run`](crate::run()), one of its variants, or an [`InvocationLayer`](crate::InvocationLayer).
/// Under plain `lambda_runtime::run`, extractors that take it are not called.
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'a> {
    body: &'a [u8],
    context: &'a Context,
}

impl<'a> RawEvent<'a> {
    pub(crate) fn new(body: &'a [u8], context: &'a Context) -> Self {
        Self { body, context }
    }

    /// Returns the whole body of the event, usually JSON.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Returns a view of the body as JSON, which is read only as far as needed.
    #[must_use]
    pub fn json(&self) -> Json<'a> {
        Json::new(self.body)
    }

    /// Returns the Lambda context of the invocation.
    #[must_use]
    pub fn context(&self) -> &'a Context {
        self.context
    }
}

/// A function or closure that `#[ddlambda::handler(extractor = ..)]` accepts.
///
/// It may be `async`, takes one of these:
///
/// - `&T`, the payload of the handler's `LambdaEvent<T>`, or the `&Request` itself;
/// - `&T, &Context`, the same with the Lambda context;
/// - `&RawEvent<'_>`, the event before it was decoded, see [`RawEvent`];
///
/// and returns any type that implements [`IntoTraceContext`].
///
/// `T` needs no bounds beyond those of the handler. With an `async` extractor that takes `&T`, the handler's future is
/// `Send` only if `T` is `Sync`. For extractors that [`#[ddlambda::extractor]`](macro@crate::extractor) registers, `T`
/// must implement `serde::de::DeserializeOwned`, and the future of an `async` one must be `Send`.
///
/// `M` distinguishes these forms and is always inferred.
///
/// # Panicking extractors
///
/// A panic in an extractor is treated as if it had found nothing, and the next source of context is tried. Catching it
/// requires `panic = "unwind"`. `cargo lambda build --release` sets `panic = "abort"`, with which a panic ends the
/// process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor for the event `{Ev}`",
    label = "cannot find a trace context in this handler's event",
    note = "an extractor takes `&T` (the payload), `&T, &Context` or `&RawEvent<'_>`; it may be `async`",
    note = "it returns a `TraceContext`, `(trace_id, parent_id, priority)`, a map or list of headers, or an `Option` or `Result` of one"
)]
pub trait Extractor<Ev, M> {
    /// Whether this is an extractor, so that finding nothing is worth a log line.
    #[doc(hidden)]
    const IS_ONE: bool = true;

    /// Looks for the trace context; `raw` is set if the raw event is available.
    #[doc(hidden)]
    fn extract(
        self,
        event: &Ev,
        raw: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>>;
}

/// The absence of an extractor.
#[derive(Clone, Copy, Debug)]
pub struct NoExtractor;

/// Marks extractors that take the payload.
#[derive(Debug)]
pub struct OfPayload;

/// Marks extractors that take the payload and the context.
#[derive(Debug)]
pub struct OfPayloadAndContext;

/// Marks extractors that take the raw event.
#[derive(Debug)]
pub struct OfRaw;

/// Marks the `async` form of the form `M`.
#[derive(Debug)]
pub struct Async<M>(M);

impl<Ev> Extractor<Ev, ()> for NoExtractor {
    const IS_ONE: bool = false;

    fn extract(
        self,
        _: &Ev,
        _: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>> {
        ready(None)
    }
}

// The non-async forms run at once and return a ready future: an `async` block would keep `event` borrowed across an await,
// and the handler's future would be `Send` only for payloads that are `Sync`.

impl<F, Ev, R> Extractor<Ev, OfPayload> for F
where
    Ev: HandlerEvent,
    F: Fn(&Ev::Payload) -> R,
    R: IntoTraceContext,
{
    fn extract(
        self,
        event: &Ev,
        _: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>> {
        ready(self(event.payload()).into_trace_context())
    }
}

impl<F, Ev, R> Extractor<Ev, OfPayloadAndContext> for F
where
    Ev: HandlerEvent,
    F: Fn(&Ev::Payload, &Context) -> R,
    R: IntoTraceContext,
{
    fn extract(
        self,
        event: &Ev,
        _: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>> {
        let context = event.context();
        ready(context.and_then(|context| self(event.payload(), context).into_trace_context()))
    }
}

impl<F, Ev, R> Extractor<Ev, OfRaw> for F
where
    F: Fn(&RawEvent<'_>) -> R,
    R: IntoTraceContext,
{
    fn extract(
        self,
        _: &Ev,
        raw: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>> {
        ready(raw.and_then(|raw| self(&raw).into_trace_context()))
    }
}

impl<F, Ev, R> Extractor<Ev, Async<OfPayload>> for F
where
    Ev: HandlerEvent,
    F: AsyncFn(&Ev::Payload) -> R,
    R: IntoTraceContext,
{
    async fn extract(self, event: &Ev, _: Option<RawEvent<'_>>) -> Option<TraceContext> {
        self(event.payload()).await.into_trace_context()
    }
}

impl<F, Ev, R> Extractor<Ev, Async<OfPayloadAndContext>> for F
where
    Ev: HandlerEvent,
    F: AsyncFn(&Ev::Payload, &Context) -> R,
    R: IntoTraceContext,
{
    async fn extract(self, event: &Ev, _: Option<RawEvent<'_>>) -> Option<TraceContext> {
        self(event.payload(), event.context()?)
            .await
            .into_trace_context()
    }
}

impl<F, Ev, R> Extractor<Ev, Async<OfRaw>> for F
where
    F: AsyncFn(&RawEvent<'_>) -> R,
    R: IntoTraceContext,
{
    fn extract(
        self,
        _: &Ev,
        raw: Option<RawEvent<'_>>,
    ) -> impl Future<Output = Option<TraceContext>> {
        from_raw(self, raw)
    }
}

/// A separate function, so that the future does not hold `&Ev`.
async fn from_raw<F, R>(extractor: F, raw: Option<RawEvent<'_>>) -> Option<TraceContext>
where
    F: AsyncFn(&RawEvent<'_>) -> R,
    R: IntoTraceContext,
{
    extractor(&raw?).await.into_trace_context()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::LambdaEvent;

    struct Order {
        trace: u64,
    }

    fn event() -> LambdaEvent<Order> {
        let mut context = Context::default();
        context.request_id = "9".to_owned();
        LambdaEvent::new(Order { trace: 7 }, context)
    }

    /// Extracts with and without the raw event, whose body is `11`.
    async fn both<X: Extractor<LambdaEvent<Order>, M> + Copy, M>(
        extractor: X,
    ) -> [Option<u128>; 2] {
        let event = event();
        let raw = RawEvent::new(b"11", &event.context);
        let with = contained(extractor, &event, Some(raw)).await;
        let without = contained(extractor, &event, None).await;
        [with, without].map(|found| found.map(|found| found.trace_id()))
    }

    fn number(text: &[u8]) -> Option<TraceContext> {
        let id = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(TraceContext::new(id, 1))
    }

    async fn later(order: &Order) -> (u64, u64, i32) {
        tokio::task::yield_now().await;
        (order.trace, 1, 1)
    }

    #[tokio::test]
    async fn every_form_is_called_with_what_it_asks_for() {
        let of_context = |_: &Order, context: &Context| number(context.request_id.as_bytes());
        let of_raw = |raw: &RawEvent<'_>| number(raw.body());
        assert_eq!(
            both(|order: &Order| TraceContext::new(order.trace.into(), 1)).await,
            [Some(7), Some(7)]
        );
        assert_eq!(both(of_context).await, [Some(9), Some(9)]);
        assert_eq!(both(of_raw).await, [Some(11), None]);
        assert_eq!(both(later).await, [Some(7), Some(7)]);
        assert_eq!(
            both(async |order: &Order, context: &Context| {
                later(order).await;
                number(context.request_id.as_bytes())
            })
            .await,
            [Some(9), Some(9)]
        );
        assert_eq!(
            both(async |raw: &RawEvent<'_>| number(raw.body())).await,
            [Some(11), None]
        );
        assert_eq!(both(NoExtractor).await, [None, None]);
    }

    #[tokio::test]
    async fn a_panic_is_absence() {
        fn now(_: &Order) -> Option<TraceContext> {
            panic!("at once")
        }
        async fn late(order: &Order) -> Option<TraceContext> {
            later(order).await;
            panic!("at the second poll")
        }
        assert_eq!(both(now).await, [None, None]);
        assert_eq!(both(late).await, [None, None]);
    }

    #[test]
    fn futures_are_send_unless_the_users_are_not() {
        fn send<T: Send>(_: T) {}
        // `Cell` is `Send` but not `Sync`: a plain extractor must not require more than the handler does.
        let event = LambdaEvent::new(std::cell::Cell::new(1_u64), Context::default());
        let plain = |payload: &std::cell::Cell<u64>| (payload.get(), 1_u64, 1);
        send(contained(plain, &event, None));
        send(contained(later, &self::event(), None));
    }
}
