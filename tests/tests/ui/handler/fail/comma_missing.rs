use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler(service = "a" resource = "b")]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

fn main() {}
