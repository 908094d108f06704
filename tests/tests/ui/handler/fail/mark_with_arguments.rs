use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(#[event(first)] event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

fn main() {}
