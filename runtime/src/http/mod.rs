//! Functions based on `lambda_http` (feature `http`).

mod route;

use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body::Body;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, IntoResponse, Request, Response, StreamAdapter};
use lambda_runtime::{Diagnostic, Error, Runtime};
use tower::Service;

use crate::layer::InvocationLayer;
use crate::observe::Observe;
use crate::restore::Restore;
use crate::run::{decode_error, serve};
use crate::start;

pub use route::{route, RouteLayer, RouteService};

/// Runs the function like [`lambda_http::run`], and traces every invocation.
///
/// It accepts what `lambda_http::run` accepts: handlers on [`Request`], and services such as an axum router. [`route`]
/// names the invocations of a router by the route it has matched.
///
/// ```no_run
/// use lambda_http::{service_fn, Error, IntoResponse, Request};
///
/// #[ddlambda::handler]
/// async fn handler(request: Request) -> Result<impl IntoResponse, Error> {
///     Ok(format!("hello from {}", request.uri().path()))
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     ddlambda::http::run(service_fn(handler)).await
/// }
/// ```
///
/// # Errors
///
/// Returns an error when `lambda_http::run` does: if the Runtime API cannot be reached, or a response does not serialise.
///
/// # Panics
///
/// Panics when `lambda_http::run` does: if a variable that Lambda sets is missing, such as `AWS_LAMBDA_FUNCTION_NAME`.
pub async fn run<'a, R, S, E>(handler: S) -> Result<(), Error>
where
    S: Service<Request, Response = R, Error = E>,
    S::Future: Send + 'a,
    R: IntoResponse + 'a,
    E: Debug + Into<Diagnostic> + 'a,
{
    start::with_subscriber();
    let service = Observe::new(Adapter::<'a, R, S>::from(handler));
    let runtime = Runtime::new(service)
        .layer(InvocationLayer::observed(decode_error::<LambdaRequest>))
        .register_snapstart_resource(Arc::new(Restore));
    serve(pin!(runtime.run())).await
}

/// Runs the function like [`lambda_http::run_with_streaming_response`], and traces every invocation.
///
/// The span `aws.lambda` ends with the last byte of the response. An error or a panic of the body marks the invocation as
/// failed. On `aws.lambda`, the metric `http.response.time_to_first_byte` is the number of milliseconds until the body
/// began, and the tag `http.response.aborted` means that the body was dropped before its end.
///
/// # Errors
///
/// Returns an error when `lambda_http::run_with_streaming_response` does: if the Runtime API cannot be reached.
///
/// # Panics
///
/// Panics when `lambda_http::run_with_streaming_response` does: if a variable that Lambda sets is missing, such as
/// `AWS_LAMBDA_FUNCTION_NAME`.
pub async fn run_with_streaming_response<'a, S, B, E>(handler: S) -> Result<(), Error>
where
    S: Service<Request, Response = Response<B>, Error = E>,
    S::Future: Send + 'a,
    E: Debug + Into<Diagnostic>,
    B: Body + Unpin + Send + 'static,
    B::Data: Into<Bytes> + Send,
    B::Error: Into<Error> + Send + Debug,
{
    start::with_subscriber();
    let service = Observe::new(StreamAdapter::<'a, S, B>::from(handler));
    let runtime = Runtime::new(service)
        .layer(InvocationLayer::observed(decode_error::<LambdaRequest>))
        .register_snapstart_resource(Arc::new(Restore));
    serve(pin!(runtime.run())).await
}
