//! A subscriber composed by the function: ddlambda's spans, and logs with trace ids on standard error.

use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<usize, Error> {
    let text = event.payload.to_string();
    tracing::info!(bytes = text.len(), "received");
    Ok(text.len())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::registry()
        .with(ddlambda::tracing::layer().with_max_level(tracing::Level::DEBUG))
        .with(ddlambda::tracing::json().with_writer(std::io::stderr))
        .init();
    ddlambda::run(service_fn(handler)).await
}
