//! A payload that carries the trace headers in a field of its own: read when it is received, written when it is sent.

use ddlambda::{Carrier, TraceCarrier};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize, TraceCarrier)]
struct OrderPlaced {
    id: u64,
    /// Senders without tracing leave it out.
    #[trace_carrier]
    #[serde(default)]
    _datadog: Carrier,
}

#[derive(Deserialize, Serialize, TraceCarrier)]
struct OrderPriced {
    id: u64,
    cents: u64,
    #[trace_carrier]
    _datadog: Carrier,
}

/// Continues the trace of `OrderPlaced`; whoever receives the answer can continue it from there.
#[ddlambda::handler]
async fn handler(event: LambdaEvent<OrderPlaced>) -> Result<OrderPriced, Error> {
    let mut priced = OrderPriced {
        id: event.payload.id,
        cents: 4_200,
        _datadog: Carrier::default(),
    };
    ddlambda::inject(&mut priced);
    Ok(priced)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
