use aws_lambda_events::sqs::SqsMessage;

#[ddlambda::record]
fn process(message: &SqsMessage, other: &SqsMessage) -> bool {
    message == other
}

fn main() {}
