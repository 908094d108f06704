use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::record]
async fn process(event: LambdaEvent<SqsEvent>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

fn main() {}
