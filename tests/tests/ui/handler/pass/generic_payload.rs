use lambda_runtime::{Context, Error, LambdaEvent};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

trait Identified {
    fn id(&self) -> u64;
}

impl Identified for u64 {
    fn id(&self) -> u64 {
        *self
    }
}

fn context<T: Identified>(payload: &T) -> (u64, u64, i32) {
    (payload.id(), 1, 1)
}

#[ddlambda::handler(extractor = context::<T>)]
async fn handler<T, const N: usize>(event: LambdaEvent<T>) -> Result<[u64; N], Error>
where
    T: DeserializeOwned + Debug + Identified,
{
    Ok([event.payload.id(); N])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let response: [u64; 2] = handler(LambdaEvent::new(3, Context::default())).await?;
    assert_eq!(response, [3, 3]);
    Ok(())
}
