//! Running a traced function.

use std::fmt::Debug;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;

use lambda_runtime::{Diagnostic, Error, IntoFunctionResponse, LambdaEvent, Runtime};
use serde::{Deserialize, Serialize};
use tower::Service;

use crate::flush::{drain, flush_start};
use crate::invocation::{sandbox, Failure};
use crate::layer::InvocationLayer;
use crate::observe::Observe;
use crate::outlined::Outlined;
use crate::restore::Restore;
use crate::{shutdown, start};

/// Runs the function like [`lambda_runtime::run`], and traces every invocation.
///
/// The service may borrow, as in `ddlambda::run(service_fn(|event| handle(&repository, event)))`. With the feature
/// `tracing`, [`init`](crate::init) installs a subscriber unless there is one already. With `DD_TRACE_ENABLED=false`
/// nothing is traced.
///
/// ```no_run
/// use lambda_runtime::{service_fn, Error, LambdaEvent};
/// use serde_json::Value;
///
/// #[ddlambda::handler]
/// async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
///     Ok(event.payload)
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     ddlambda::run(service_fn(handler)).await
/// }
/// ```
///
/// # Errors
///
/// Returns an error when `lambda_runtime::run` does: if the Runtime API cannot be reached, or a response does not
/// serialise.
///
/// # Panics
///
/// Panics when `lambda_runtime::run` does: if a variable that Lambda sets is missing, such as `AWS_LAMBDA_FUNCTION_NAME`.
pub async fn run<A, F, R, B, S, D, E>(handler: F) -> Result<(), Error>
where
    F: Service<LambdaEvent<A>, Response = R>,
    F::Future: Future<Output = Result<R, F::Error>>,
    F::Error: Into<Diagnostic> + Debug,
    A: for<'de> Deserialize<'de>,
    R: IntoFunctionResponse<B, S>,
    B: Serialize,
    S: futures_core::Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes> + Send,
    E: Into<Error> + Send + Debug,
{
    start::with_subscriber();
    let runtime = Runtime::new(Observe::<F, B, S>::new(handler))
        .layer(InvocationLayer::observed(decode_error::<A>))
        .register_snapstart_resource(Arc::new(Restore));
    serve(pin!(runtime.run())).await
}

/// Runs the function like [`lambda_runtime::run_concurrent`], and traces every invocation (feature `concurrency-tokio`).
///
/// Up to `AWS_LAMBDA_MAX_CONCURRENCY` invocations run concurrently. Without that variable, which Lambda Managed Instances
/// set, they run one after the other.
///
/// # Errors
///
/// Returns an error when `lambda_runtime::run_concurrent` does: if no worker is left.
///
/// # Panics
///
/// Panics when `lambda_runtime::run_concurrent` does: outside a tokio runtime, or if a variable that Lambda sets is
/// missing.
#[cfg(feature = "concurrency-tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "concurrency-tokio")))]
pub async fn run_concurrent<A, F, R, B, S, D, E>(handler: F) -> Result<(), Error>
where
    F: Service<LambdaEvent<A>, Response = R> + Clone + Send + 'static,
    F::Future: Future<Output = Result<R, F::Error>> + Send + 'static,
    F::Error: Into<Diagnostic> + Debug,
    A: for<'de> Deserialize<'de> + Send + 'static,
    R: IntoFunctionResponse<B, S> + Send + 'static,
    B: Serialize + Send + 'static,
    S: futures_core::Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes> + Send + 'static,
    E: Into<Error> + Send + Debug + 'static,
{
    start::with_subscriber();
    let runtime = Runtime::new(Observe::<F, B, S>::new(handler))
        .layer(InvocationLayer::observed(decode_error::<A>))
        .register_snapstart_resource(Arc::new(Restore));
    serve(pin!(runtime.run_concurrent())).await
}

/// Runs a runtime until it ends, possibly with the sandbox. If it fails before the first event, that is a failed start.
///
/// It is borrowed, so that its large drop glue is generated only where it is created.
pub(crate) fn serve<R>(
    running: Pin<&mut R>,
) -> Outlined<impl Future<Output = Result<(), Error>> + use<'_, R>>
where
    R: Future<Output = Result<(), Error>>,
{
    Outlined::new(async {
        sandbox::ready();
        let result = shutdown::heed(running).await;
        if let Err(error) = &result {
            flush_start(Failure::of_shown(error)).await;
        }
        drain(Vec::new()).await;
        result
    })
}

/// The runtime's own message for an event that does not decode into `A`; `None` if it does.
pub(crate) fn decode_error<A: for<'de> Deserialize<'de>>(body: &[u8]) -> Option<String> {
    let error =
        serde_path_to_error::deserialize::<_, A>(&mut serde_json::Deserializer::from_slice(body))
            .err()?;
    Some(match error.path().to_string().as_str() {
        "." => error.to_string(),
        path => format!("[{path}] {error}"),
    })
}
