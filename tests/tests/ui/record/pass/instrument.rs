use aws_lambda_events::sqs::SqsMessage;

#[ddlambda::record]
#[tracing::instrument(skip_all, fields(id = ?message.message_id), err)]
async fn below(state: &u64, message: &SqsMessage) -> Result<u64, String> {
    message.body.as_ref().map(|_| *state).ok_or_else(|| "no body".to_owned())
}

#[tracing::instrument(skip(state), ret)]
#[ddlambda::record]
fn above(state: &u64, mut message: SqsMessage) -> Option<String> {
    message.body = Some(state.to_string());
    message.body
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(below(&1, &SqsMessage::default()).await.is_err());
    assert_eq!(above(&1, SqsMessage::default()).as_deref(), Some("1"));
}
