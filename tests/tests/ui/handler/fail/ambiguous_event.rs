use lambda_runtime::{Error, LambdaEvent};

type Incoming = LambdaEvent<u64>;

#[ddlambda::handler]
async fn handler(state: &str, event: Incoming) -> Result<usize, Error> {
    drop(event);
    Ok(state.len())
}

fn main() {}
