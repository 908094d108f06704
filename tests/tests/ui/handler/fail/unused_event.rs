#![deny(unused_variables, unused_mut)]

use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
pub async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(1)
}

#[ddlambda::handler]
pub async fn mutable(mut event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

#[ddlambda::handler]
pub async fn pattern(LambdaEvent { payload, context }: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(payload)
}

fn main() {}
