use lambda_runtime::{Error, LambdaEvent};

struct Silent;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Result<u64, Error>>) -> Result<u64, Silent> {
    event.payload.map_err(|_| Silent)
}

fn main() {}
