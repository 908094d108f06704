//! Ships what the queue `shipping` says, and announces each parcel on the topic `parcels`.

use aws_lambda_events::sqs::SqsEventObj;
use lambda_runtime::{service_fn, Error, LambdaEvent};

use crate::{Order, TOPIC};

/// Runs the function.
pub async fn run() -> Result<(), Error> {
    let config = crate::config().await;
    let sns = &ddlambda::traced_client!(aws_sdk_sns, &config);
    ddlambda::run(service_fn(|event| handler(sns, event))).await
}

#[ddlambda::handler]
async fn handler(
    sns: &aws_sdk_sns::Client,
    event: LambdaEvent<SqsEventObj<Order>>,
) -> Result<(), Error> {
    for record in event.payload.records {
        let order = record.body;
        tracing::info!(order = order.id, "parcel handed over");
        let text = serde_json::to_string(&order)?;
        sns.publish().topic_arn(TOPIC).message(text).send().await?;
    }
    Ok(())
}
