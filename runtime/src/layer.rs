//! The runtime's side: a tower layer that sees the raw event, and sends the trace once the response is out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use lambda_runtime::LambdaInvocation;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::config::Config;
use crate::flush::flush;
use crate::invocation::{is_attributed, Failure, Invocation, Scoped};
use crate::watchdog::Watch;
use crate::{start, timeout};

type BoxError = lambda_runtime::Error;
/// Says why an event does not decode.
type DecodeError = fn(&[u8]) -> Option<String>;

/// Traces every invocation of a [`lambda_runtime::Runtime`].
///
/// [`run`](crate::run) adds it for you. Add it yourself where you build the runtime, as the last layer, so that it is
/// the outermost one:
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
/// The trace is sent after the response and before the next event is asked for. Where the layer stands alone, without
/// [`run`](crate::run), the status code of a response is not known to it.
#[derive(Clone, Debug)]
pub struct InvocationLayer {
    /// Says why an event does not decode, where the payload's type is known.
    decode_error: Option<DecodeError>,
}

impl InvocationLayer {
    /// A layer for a runtime that you build yourself.
    #[must_use]
    pub fn new() -> Self {
        start::prepare();
        Self { decode_error: None }
    }

    /// A layer around a handler that is observed, so that one that was not called means an event that did not decode.
    pub(crate) fn observed(decode_error: DecodeError) -> Self {
        Self {
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
        InvocationService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`InvocationLayer`] makes.
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
        if !Config::get().trace_enabled {
            return InvocationFuture::Untraced {
                inner: self.inner.call(event),
            };
        }
        let invocation = Invocation::begin(event.context.clone(), Some(event.body.clone()));
        let inner = invocation.enter(|| self.inner.call(event));
        InvocationFuture::Running {
            watch: timeout::watch(&invocation),
            inner: invocation.scope(inner),
            invocation,
            decode_error: self.layer.decode_error,
        }
    }
}

pin_project! {
    /// The future of one invocation: the handler, the response, then the trace.
    #[project = Stage]
    #[project_replace = StageTaken]
    pub enum InvocationFuture<F> {
        #[doc(hidden)]
        Untraced { #[pin] inner: F },
        #[doc(hidden)]
        Running {
            #[pin] inner: Scoped<F>,
            invocation: Arc<Invocation>,
            watch: Option<Watch>,
            decode_error: Option<DecodeError>,
        },
        #[doc(hidden)]
        Sending {
            sending: Pin<Box<dyn Future<Output = ()> + Send>>,
            result: Option<Result<(), BoxError>>,
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

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project() {
                Stage::Untraced { inner } => return inner.poll(cx),
                Stage::Running {
                    inner,
                    invocation,
                    decode_error,
                    ..
                } => {
                    let result = ready!(inner.poll(cx));
                    explain(invocation, &result, *decode_error);
                    Self::Sending {
                        sending: Box::pin(flush(Arc::clone(invocation))),
                        result: Some(result),
                    }
                }
                Stage::Sending { sending, result } => {
                    ready!(sending.as_mut().poll(cx));
                    return Poll::Ready(result.take().unwrap_or(Ok(())));
                }
            };
            // Drops the handler's future first, and with it the spans that it still holds open.
            drop(self.as_mut().project_replace(next));
        }
    }
}

/// Notes a failure that only the runtime's side can see.
fn explain(
    invocation: &Invocation,
    result: &Result<(), BoxError>,
    decode_error: Option<DecodeError>,
) {
    match result {
        // The handler answered, but its answer could not be turned into a response, or not be delivered.
        Err(error) => invocation.spoiled(Failure {
            kind: if error.is::<serde_json::Error>() {
                "serde_json::Error".into()
            } else {
                "lambda_runtime::Error".into()
            },
            message: error.to_string(),
            stack: format!("{error:?}"),
        }),
        Ok(()) if invocation.was_called() => {}
        Ok(()) => {
            let known = decode_error.or(is_attributed().then_some(|_: &[u8]| None));
            if let Some(decode_error) = known {
                let body = invocation.body().map(AsRef::as_ref).unwrap_or_default();
                let message = decode_error(body).unwrap_or_else(|| {
                    "the event does not decode into the handler's payload type".to_owned()
                });
                invocation.failed(|| Failure {
                    kind: "lambda_runtime::DeserializeError".into(),
                    stack: message.clone(),
                    message,
                });
            }
        }
    }
}
