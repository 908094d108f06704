//! Payloads that are carriers, in handlers that do not say so.

use ddlambda::{Carrier, TraceCarrier};
use lambda_runtime::{Context, Error, LambdaEvent};

#[derive(Default, TraceCarrier)]
struct Order {
    #[trace_carrier]
    _datadog: Carrier,
}

#[ddlambda::handler]
async fn concrete(event: LambdaEvent<Order>) -> Result<Order, Error> {
    Ok(event.payload)
}

#[ddlambda::handler]
async fn generic<T: Send>(event: LambdaEvent<T>) -> Result<T, Error> {
    Ok(event.payload)
}

#[ddlambda::handler]
async fn bounded<T: TraceCarrier>(event: LambdaEvent<T>) -> Result<T, Error> {
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(Order::default(), Context::default());
    concrete(event()).await?;
    generic(event()).await?;
    bounded(event()).await?;
    Ok(())
}
