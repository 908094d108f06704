use aws_lambda_events::sqs::SqsMessage;

#[ddlambda::record]
async fn vector(messages: Vec<SqsMessage>) {
    drop(messages);
}

#[ddlambda::record]
fn slice(messages: &[SqsMessage]) -> usize {
    messages.len()
}

fn main() {}
