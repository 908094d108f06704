use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>, other: LambdaEvent<String>) -> Result<(), Error> {
    drop((event, other));
    Ok(())
}

fn main() {}
