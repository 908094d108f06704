use lambda_runtime::{Context, Error, LambdaEvent};

#[ddlambda::handler]
#[tracing::instrument(skip_all, fields(order = event.payload), err)]
async fn below(bonus: &u64, event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload + bonus)
}

#[tracing::instrument(skip(bonus), ret)]
#[ddlambda::handler(service = "orders")]
async fn above(bonus: &u64, mut event: LambdaEvent<u64>) -> Result<u64, Error> {
    event.payload += bonus;
    Ok(event.payload)
}

#[ddlambda::handler]
#[tracing::instrument(skip_all, fields(order = event.payload))]
async fn mutable(mut event: LambdaEvent<u64>) -> Result<u64, Error> {
    event.payload += 1;
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(3, Context::default());
    assert_eq!(below(&1, event()).await?, 4);
    assert_eq!(above(&1, event()).await?, 4);
    assert_eq!(mutable(event()).await?, 4);
    Ok(())
}
