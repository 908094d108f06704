//! Futures of records may be sent, shared out and run at once.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, Error, LambdaEvent};
use tokio::task::JoinSet;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    let mut tasks = JoinSet::new();
    for message in event.payload.records {
        tasks.spawn(async move { (message.message_id.clone(), process(message).await) });
    }
    while let Some(done) = tasks.join_next().await {
        if let (Some(id), Err(_)) = done? {
            response.add_failure(id);
        }
    }
    Ok(response)
}

#[ddlambda::record]
async fn process(message: SqsMessage) -> Result<(), Error> {
    tokio::task::yield_now().await;
    message.body.map(drop).ok_or_else(|| "no body".into())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut event = SqsEvent::default();
    let mut message = SqsMessage::default();
    message.message_id = Some("a".to_owned());
    event.records = vec![message];
    let response = handler(LambdaEvent::new(event, Context::default())).await?;
    assert_eq!(response.batch_item_failures[0].item_identifier, "a");
    Ok(())
}
