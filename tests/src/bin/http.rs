//! A handler on `lambda_http::Request`; the body of the request says what it does.

use ddlambda_tests::task::{Response, Task};
use lambda_http::{service_fn, Body, Error, IntoResponse, Request};
use serde_json::Value;

#[ddlambda::handler]
async fn handler(request: Request) -> Result<impl IntoResponse, Error> {
    let task: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let status = match Task::of(&task).perform().await? {
        Response::Value(Value::Number(status)) => status.as_u64().unwrap_or(200) as u16,
        _ => 200,
    };
    let response = lambda_http::Response::builder().status(status);
    Ok(response.body(Body::from(request.uri().path()))?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::http::run(service_fn(handler)).await
}
