use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler(extractor = |payload| (*payload, 1, 1))]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

fn main() {}
