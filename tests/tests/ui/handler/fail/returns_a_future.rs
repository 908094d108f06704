use lambda_runtime::{Error, LambdaEvent};

use std::future::Future;

#[ddlambda::handler]
fn handler(event: LambdaEvent<u64>) -> impl Future<Output = Result<u64, Error>> {
    async move { Ok(event.payload) }
}

fn main() {}
