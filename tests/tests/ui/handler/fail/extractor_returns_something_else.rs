use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler(extractor = |payload: &u64| payload.to_string())]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

fn main() {}
