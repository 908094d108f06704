//! A runtime that the function builds itself, with ddlambda's layer.

use ddlambda::InvocationLayer;
use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent, Runtime};
use serde_json::{Map, Value};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Map<String, Value>>) -> Result<Response, Error> {
    Task::of(&event.payload.into()).perform().await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::init();
    let runtime = Runtime::new(service_fn(handler)).layer(InvocationLayer::new());
    runtime.run().await
}
