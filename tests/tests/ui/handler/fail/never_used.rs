#![deny(dead_code)]
use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    drop(event);
    Ok(1)
}

fn main() {}
