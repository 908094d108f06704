use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(evnt.payload)
}

fn main() {}
