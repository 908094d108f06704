use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) {
    drop((event, None::<Error>));
}

fn main() {}
