//! A function for many invocations at once.

use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run_concurrent(service_fn(handler)).await
}
