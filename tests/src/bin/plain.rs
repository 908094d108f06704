//! The attribute under plain `lambda_runtime::run`. With the argument `carrier` the payload is a typed carrier.

use ddlambda::{Carrier, TraceCarrier};
use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::Deserialize;
use serde_json::Value;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

#[derive(Deserialize, TraceCarrier)]
struct Order {
    #[trace_carrier]
    headers: Carrier,
}

#[ddlambda::handler]
async fn carrier(_: LambdaEvent<Order>) -> Result<(), Error> {
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        Some("carrier") => lambda_runtime::run(service_fn(carrier)).await,
        _ => lambda_runtime::run(service_fn(handler)).await,
    }
}
