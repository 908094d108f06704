//! Functions on `lambda_http` (feature `http`).

use std::fmt::Debug;

use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, IntoResponse, Request};
use lambda_runtime::{Diagnostic, Error, Runtime};
use tower::Service;

use crate::apart::Apart;
use crate::layer::InvocationLayer;
use crate::observe::Observe;
use crate::run::decode_error;
use crate::start;

/// Runs the function like [`lambda_http::run`], and traces every invocation.
///
/// It takes what `lambda_http::run` takes: handlers on [`Request`], and services such as an axum router.
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
    let layer = InvocationLayer::observed(decode_error::<LambdaRequest>);
    Apart::new(Runtime::new(service).layer(layer).run()).await
}
