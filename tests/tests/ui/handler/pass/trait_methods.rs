#![allow(async_fn_in_trait)]

use lambda_runtime::{Context, Error, LambdaEvent};

trait Handler {
    async fn handle(&self, event: LambdaEvent<u64>) -> Result<u64, Error>;

    #[ddlambda::handler]
    async fn twice(&self, event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(self.handle(event).await? * 2)
    }
}

struct Increment;

impl Handler for Increment {
    #[ddlambda::handler]
    async fn handle(&self, event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload + 1)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = LambdaEvent::new(1, Context::default());
    assert_eq!(Increment.twice(event).await?, 4);
    Ok(())
}
