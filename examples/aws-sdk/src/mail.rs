//! Writes to customers, by messages of a queue that the topic `parcels` leads to.

use aws_lambda_events::sqs::SqsEventObj;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

use crate::Order;

/// What a topic makes of the message that was published.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    message: String,
}

/// Runs the function.
pub async fn run() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<SqsEventObj<Notification>>) -> Result<(), Error> {
    for record in event.payload.records {
        let order: Order = serde_json::from_str(&record.body.message)?;
        tracing::info!(customer = order.customer, "mail sent");
    }
    Ok(())
}
