use lambda_runtime::{Error, LambdaEvent};

struct Service;

#[ddlambda::handler]
impl Service {
    async fn handler(&self, event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload)
    }
}

fn main() {}
