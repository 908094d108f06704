use lambda_runtime::{Context, Error, LambdaEvent};
use std::sync::Arc;

#[derive(Clone)]
struct Service<T> {
    bonus: T,
}

impl<T: Into<u64> + Copy> Service<T> {
    const LIMIT: u64 = 100;

    #[ddlambda::handler]
    async fn borrowed(&self, event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload + self.bonus.into())
    }

    #[ddlambda::handler]
    async fn exclusive(&mut self, bonus: T, event: LambdaEvent<u64>) -> Result<&mut Self, Error> {
        self.bonus = bonus;
        drop(event);
        Ok(self)
    }

    #[ddlambda::handler]
    async fn shared(self: Arc<Self>, event: LambdaEvent<u64>) -> Result<u64, Error> {
        self.borrowed(event).await
    }

    #[ddlambda::handler]
    async fn owned(mut self, event: LambdaEvent<T>) -> Result<Self, Error> {
        self.bonus = event.payload;
        Ok(self)
    }

    #[ddlambda::handler]
    pub(crate) async fn associated(event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload.min(Self::LIMIT))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    let mut service = Service { bonus: 2_u32 };
    assert_eq!(service.borrowed(event()).await?, 3);
    assert_eq!(service.exclusive(5, event()).await?.bonus, 5);
    assert_eq!(Arc::new(service.clone()).shared(event()).await?, 6);
    let changed = service.owned(LambdaEvent::new(8, Context::default())).await?;
    assert_eq!(changed.bonus, 8);
    assert_eq!(Service::<u32>::associated(LambdaEvent::new(999, Context::default())).await?, 100);
    Ok(())
}
