//! The runtime's side: a tower layer that sees the raw event, and sends the trace after the response.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use lambda_runtime::layers::trace::request_span;
use lambda_runtime::LambdaInvocation;
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::instrument::{Instrument, Instrumented};
use tracing::Span;

use crate::config::Config;
use crate::enhanced::End;
use crate::flush::Sending;
use crate::in_flight::InFlight;
use crate::invocation::{sandbox, Failure, Invocation, Scoped};
use crate::printed::printed;
use crate::start;
use crate::xray::Segment;

type BoxError = lambda_runtime::Error;
/// Returns why an event cannot be decoded.
type DecodeError = fn(&[u8]) -> Option<String>;

/// A layer that traces every invocation of a [`lambda_runtime::Runtime`].
///
/// [`run`](crate::run()) adds it for you. If you build the runtime yourself, add it last, so that it is the outermost
/// layer:
///
/// ```no_run
/// use lambda_runtime::{service_fn, Error, LambdaEvent, Runtime};
///
/// #[ddlambda::handler]
/// async fn handler(event: LambdaEvent<serde_json::Value>) -> Result<(), Error> {
///     Ok(())
/// }
///
/// # async fn start() -> Result<(), Error> {
/// let runtime = Runtime::new(service_fn(handler)).layer(ddlambda::InvocationLayer::new());
/// runtime.run().await
/// # }
/// ```
///
/// The trace is sent after the response, and before the next event is requested.
///
/// # What only `run` does
///
/// Compared with [`run`](crate::run()), a layer of your own
///
/// - knows errors and panics only of handlers with [`#[ddlambda::handler]`](macro@crate::handler);
/// - does not detect events that fail to decode;
/// - does not read the response: it sets no status code, does not count batch item failures, adds no trace context to the
///   response of an authorizer, and does not capture the response's payload;
/// - installs no subscriber: call [`init`](crate::init), or add [`layer`](crate::tracing::layer()) to your own;
/// - does not handle SIGTERM, report that the runtime failed to start, or prepare ids and connections for SnapStart.
#[derive(Clone, Debug)]
pub struct InvocationLayer {
    /// Whether to create the span that `lambda_runtime::run` creates around an invocation, for subscribers that expect it:
    /// without it their lines would lose the request id. The subscriber of [`init`](crate::init) does not need it.
    request_span: bool,
    /// Returns why an event cannot be decoded; set if the payload's type is known.
    decode_error: Option<DecodeError>,
}

impl InvocationLayer {
    /// Creates the layer.
    #[must_use]
    pub fn new() -> Self {
        start::prepare();
        Self {
            request_span: false,
            decode_error: None,
        }
    }

    /// A layer around an observed handler: if it was not called, the event could not be decoded.
    ///
    /// Create it once a subscriber is installed.
    pub(crate) fn observed(decode_error: DecodeError) -> Self {
        #[cfg(feature = "tracing")]
        let request_span = !crate::tracing::is_ours();
        #[cfg(not(feature = "tracing"))]
        let request_span = true;
        Self {
            request_span,
            decode_error: Some(decode_error),
        }
    }
}

impl Default for InvocationLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for InvocationLayer {
    type Service = InvocationService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        // Initialization is nearly over: the runtime will request its first event soon.
        sandbox::ready();
        InvocationService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`InvocationLayer`] creates.
#[derive(Clone, Debug)]
pub struct InvocationService<S> {
    inner: S,
    layer: InvocationLayer,
}

impl<S> Service<LambdaInvocation> for InvocationService<S>
where
    S: Service<LambdaInvocation, Response = (), Error = BoxError>,
{
    type Response = ();
    type Error = BoxError;
    type Future = InvocationFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaInvocation) -> Self::Future {
        let config = Config::get();
        let traced = config.trace_enabled;
        // If the handler is observed, failures are known even without a trace.
        let counted = traced || config.enhanced_metrics && self.layer.decode_error.is_some();
        let told = counted || Segment::of(&event.context).is_some();
        let body = told.then(|| event.body.clone());
        // An invocation that is not traced still provides its request id to log lines.
        let invocation = Invocation::begin(&event.context, body);
        if counted {
            invocation.to_count();
        }
        // Before the service is called, because decoding the event, and what the handler does at once, belong to the
        // invocation.
        let in_flight =
            traced.then(|| InFlight::begin(Arc::clone(&invocation), "the invocation", End::Cut));
        let span = match self.layer.request_span {
            true => request_span(&event.context),
            false => Span::none(),
        };
        // Boxed: it is large, and would be copied from one wrapper to the next.
        let inner = invocation.enter(|| Box::pin(span.in_scope(|| self.inner.call(event))));
        let inner = invocation.scope(inner.instrument(span));
        InvocationFuture {
            stage: match in_flight {
                Some(in_flight) => Stage::Running {
                    inner,
                    in_flight: Some(in_flight),
                    decode_error: self.layer.decode_error,
                },
                None => Stage::Untraced {
                    inner,
                    told: told.then_some(invocation),
                    decode_error: self.layer.decode_error,
                },
            },
        }
    }
}

/// The handler and its response, within the invocation.
type Inner<F> = Scoped<Instrumented<Pin<Box<F>>>>;

pin_project! {
    /// The future of one invocation: it runs the handler, sends the response, and then sends the trace.
    pub struct InvocationFuture<F> {
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[project = StageProjected]
    #[project_replace = StageTaken]
    enum Stage<F> {
        Untraced {
            #[pin] inner: Inner<F>,
            // For metrics, and for X-Ray, which may trace the function on its own.
            told: Option<Arc<Invocation>>,
            decode_error: Option<DecodeError>,
        },
        // The handler's future is dropped first, which closes the spans that it holds open.
        Running {
            #[pin] inner: Inner<F>,
            in_flight: Option<InFlight>,
            decode_error: Option<DecodeError>,
        },
        Ending {
            ending: Ending,
        },
    }
}

impl<F> std::fmt::Debug for InvocationFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvocationFuture").finish_non_exhaustive()
    }
}

impl<F> Future for InvocationFuture<F>
where
    F: Future<Output = Result<(), BoxError>>,
{
    type Output = Result<(), BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let ending = match stage.as_mut().project() {
                StageProjected::Untraced {
                    inner,
                    told,
                    decode_error,
                } => {
                    let result = ready!(waiting(inner.poll(cx), told.as_deref()));
                    if let Some(invocation) = told {
                        explain(invocation, &result, *decode_error);
                        invocation.count(end_of(&result));
                        invocation.tell_xray();
                    }
                    return Poll::Ready(result);
                }
                StageProjected::Running {
                    inner,
                    in_flight,
                    decode_error,
                } => {
                    let invocation = in_flight.as_ref().and_then(InFlight::invocation);
                    let result = ready!(waiting(inner.poll(cx), invocation));
                    Ending::new(in_flight, result, *decode_error)
                }
                StageProjected::Ending { ending } => return ending.poll(cx),
            };
            drop(stage.as_mut().project_replace(Stage::Ending { ending }));
        }
    }
}

/// Passes `polled` on; while it is pending, there is time to count the invocation.
fn waiting<T>(polled: Poll<T>, invocation: Option<&Invocation>) -> Poll<T> {
    if let (Poll::Pending, Some(invocation)) = (&polled, invocation) {
        invocation.count_waiting();
    }
    polled
}

/// The stage after the handler's future, which does not depend on its type.
struct Ending {
    in_flight: Option<InFlight>,
    sending: Option<Sending>,
    result: Option<Result<(), BoxError>>,
}

impl Ending {
    fn new(
        in_flight: &mut Option<InFlight>,
        result: Result<(), BoxError>,
        decode_error: Option<DecodeError>,
    ) -> Self {
        if let Some(invocation) = in_flight.as_ref().and_then(InFlight::invocation) {
            explain(invocation, &result, decode_error);
        }
        Self {
            in_flight: in_flight.take(),
            sending: None,
            result: Some(result),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if let Some(in_flight) = &self.in_flight {
            let end = match self.result {
                // The runtime stops, and the process with it.
                Some(Err(_)) => End::Cut,
                _ => {
                    // The service may have acknowledged the response before all of it was sent.
                    if let Some(invocation) = in_flight.invocation() {
                        ready!(invocation.poll_streamed(cx));
                    }
                    End::Told
                }
            };
            self.sending = self
                .in_flight
                .take()
                .and_then(|in_flight| in_flight.end(end));
        }
        if let Some(sending) = &mut self.sending {
            ready!(sending.as_mut().poll(cx));
        }
        Poll::Ready(self.result.take().unwrap_or(Ok(())))
    }
}

/// How an invocation with this result ends: after an error the runtime stops, and the process with it.
fn end_of(result: &Result<(), BoxError>) -> End {
    match result {
        Ok(()) => End::Told,
        Err(_) => End::Cut,
    }
}

/// Notes a failure that is visible only on the runtime's side.
fn explain(
    invocation: &Invocation,
    result: &Result<(), BoxError>,
    decode_error: Option<DecodeError>,
) {
    match result {
        // The handler succeeded, but its response could not be serialized or delivered.
        Err(error) => invocation.spoiled(Failure {
            kind: if error.is::<serde_json::Error>() {
                "serde_json::Error".into()
            } else {
                "lambda_runtime::Error".into()
            },
            message: printed(format_args!("{error}")),
            stack: printed(format_args!("{error:?}")),
            answered: None,
        }),
        Ok(()) if invocation.was_called() => {}
        Ok(()) => {
            let body = invocation.body().unwrap_or_default();
            if let Some(message) = decode_error.and_then(|decode_error| decode_error(&body)) {
                invocation.failed(Failure {
                    kind: "lambda_runtime::DeserializeError".into(),
                    stack: message.clone(),
                    message,
                    answered: None,
                });
            }
        }
    }
}
