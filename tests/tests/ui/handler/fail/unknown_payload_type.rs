use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Missing>) -> Result<u64, Error> {
    drop(event);
    Ok(1)
}

fn main() {}
