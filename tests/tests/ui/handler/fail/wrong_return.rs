use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    if event.payload == 0 {
        return "zero";
    }
    Ok(event.payload)
}

fn main() {}
