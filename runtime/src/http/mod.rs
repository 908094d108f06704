//! Functions on `lambda_http` (feature `http`).

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
/// It takes what `lambda_http::run` takes: handlers on [`Request`], and services such as an axum router, whose
/// [`route`] can name the invocation.
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
/// As `lambda_http::run`: when the Runtime API cannot be reached, or a response does not serialise.
///
/// # Panics
///
/// As `lambda_http::run`: if a variable that Lambda sets is missing, such as `AWS_LAMBDA_FUNCTION_NAME`.
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

/// Runs the function like [`lambda_http::run_with_streaming_response`], and traces every invocation: `aws.lambda` lasts
/// to the last byte of the response.
///
/// An error or a panic of the body is the invocation's. The number `http.response.time_to_first_byte` of `aws.lambda`
/// says after how many milliseconds the body began; `http.response.aborted` that nobody took it to its end.
///
/// # Errors
///
/// As `lambda_http::run_with_streaming_response`: when the Runtime API cannot be reached.
///
/// # Panics
///
/// As `lambda_http::run_with_streaming_response`: if a variable that Lambda sets is missing, such as
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
