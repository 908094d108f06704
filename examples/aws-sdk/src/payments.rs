//! Charges customers, for whoever invokes it.

use lambda_runtime::{service_fn, Error, LambdaEvent};

use crate::Order;

/// Runs the function.
pub async fn run() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Order>) -> Result<(), Error> {
    tracing::info!(customer = event.payload.customer, "charged");
    Ok(())
}
