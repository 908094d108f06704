use lambda_runtime::{Error, LambdaEvent};

#[derive(Debug)]
struct Refused;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Result<u64, Error>>) -> Result<u64, Refused> {
    Ok(event.payload?)
}

fn main() {}
