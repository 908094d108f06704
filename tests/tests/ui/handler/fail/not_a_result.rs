use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Option<Error> {
    drop(event);
    None
}

fn main() {}
