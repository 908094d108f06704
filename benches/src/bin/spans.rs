//! The same function, traced, with a span of the `tracing` crate around each step.

use ddlambda_benches::{reply, work, STEPS};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;

fn steps(level: i64) -> u64 {
    if level > STEPS {
        return 0;
    }
    let _span = tracing::info_span!("step", level, item = "widget").entered();
    work(level) + steps(level + 1)
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(reply(&event.payload, steps(1)))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
