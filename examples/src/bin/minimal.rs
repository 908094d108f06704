//! The smallest traced function: it greets. This is the program of the README.

use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(json!({ "hello": event.payload["name"] }))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
