use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Result<String, Error> {
    Ok(event.payload)
}

fn main() {}
