use lambda_runtime::{Error, LambdaEvent};

struct Service;

impl Service {
    #[ddlambda::handler]
    async fn handler(#[event] &self, event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload)
    }
}

fn main() {}
