use aws_lambda_events::sqs::SqsMessage;
use lambda_runtime::Error;

#[ddlambda::record]
async fn process(message: SqsMessage) -> Result<usize, Error> {
    Ok(message.body.ok_or("no body")?.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut message = SqsMessage::default();
    assert!(process(message.clone()).await.is_err());
    message.body = Some("four".to_owned());
    assert_eq!(process(message).await?, 4);
    Ok(())
}
