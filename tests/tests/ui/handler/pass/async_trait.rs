use lambda_runtime::{Context, Error, LambdaEvent};

#[async_trait::async_trait]
trait Handler: Send + Sync {
    async fn handle(&self, state: &str, event: LambdaEvent<u64>) -> Result<u64, Error>;

    #[ddlambda::handler]
    async fn twice(&self, LambdaEvent { payload, context }: LambdaEvent<u64>) -> Result<u64, Error> {
        let event = LambdaEvent::new(payload, context);
        Ok(self.handle("", event).await? * 2)
    }
}

struct Increment;

fn context(payload: &u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

#[async_trait::async_trait]
impl Handler for Increment {
    #[ddlambda::handler(extractor = context)]
    async fn handle(&self, state: &str, mut event: LambdaEvent<u64>) -> Result<u64, Error> {
        tokio::task::yield_now().await;
        event.payload += u64::try_from(state.len())?;
        if event.payload == 0 {
            return Err("zero".into());
        }
        Ok(event.payload + 1)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = LambdaEvent::new(1, Context::default());
    let handler: Box<dyn Handler> = Box::new(Increment);
    assert_eq!(handler.twice(event).await?, 4);
    Ok(())
}
