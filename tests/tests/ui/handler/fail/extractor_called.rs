use lambda_runtime::{Error, LambdaEvent};

fn context(payload: &u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

#[ddlambda::handler(extractor = context())]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(context(&event.payload).0)
}

fn main() {}
