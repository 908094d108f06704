//! Ships parcels, by batches of messages from the queue `shipping`: orders, and what the topic `replacements` passes on.
//!
//! The first message's trace goes on here, and the traces of the others are linked. A message that cannot be handled is
//! reported back to the queue, so that the others are not delivered again.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::Deserialize;
use tracing::{error, info, instrument, Span};

#[derive(Deserialize)]
struct Parcel {
    order: u64,
    customer: String,
}

/// What a topic makes of the message that was published.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    message: String,
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let records = event.payload.records;
    info!(messages = records.len(), "batch received");
    let mut response = SqsBatchResponse::default();
    for record in &records {
        if let Err(error) = ship(record).await {
            error!(error, "message put back");
            response.add_failure(record.message_id.as_deref().unwrap_or_default());
        }
    }
    Ok(response)
}

#[instrument(skip_all, fields(order))]
async fn ship(record: &SqsMessage) -> Result<(), Error> {
    let body = record.body.as_deref().unwrap_or_default();
    let parcel: Parcel = match serde_json::from_str::<Notification>(body) {
        Ok(notification) => serde_json::from_str(&notification.message)?,
        Err(_) => serde_json::from_str(body)?,
    };
    Span::current().record("order", parcel.order);
    print_label(&parcel).await;
    info!(
        order = parcel.order,
        to = parcel.customer,
        "parcel handed over"
    );
    Ok(())
}

/// Stands for a call to the parcel service.
async fn print_label(_parcel: &Parcel) {
    tokio::time::sleep(Duration::from_millis(3)).await;
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
