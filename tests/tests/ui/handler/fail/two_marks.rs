use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(#[event] event: LambdaEvent<u64>, #[event] other: LambdaEvent<String>) -> Result<(), Error> {
    drop((event, other));
    Ok(())
}

fn main() {}
