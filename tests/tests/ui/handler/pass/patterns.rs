#![deny(warnings)]

use lambda_runtime::{Context, Error, LambdaEvent};

struct Order {
    id: u64,
    name: String,
}

#[ddlambda::handler]
async fn destructured(LambdaEvent { payload, context }: LambdaEvent<u64>) -> Result<String, Error> {
    Ok(format!("{payload}{}", context.request_id))
}

#[ddlambda::handler]
async fn nested(
    LambdaEvent {
        payload: Order { id, mut name },
        ..
    }: LambdaEvent<Order>,
) -> Result<String, Error> {
    name.push_str(&id.to_string());
    Ok(name)
}

#[ddlambda::handler]
async fn mutable(mut event: LambdaEvent<u64>) -> Result<u64, Error> {
    event.payload += 1;
    Ok(event.payload)
}

#[ddlambda::handler]
async fn ignored(_: LambdaEvent<u64>) -> Result<(), Error> {
    Ok(())
}

#[ddlambda::handler]
async fn unused(_event: LambdaEvent<u64>) -> Result<(), Error> {
    Ok(())
}

#[ddlambda::handler]
async fn bound(whole @ LambdaEvent { .. }: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(whole.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    let order = Order { id: 1, name: "a".to_owned() };
    assert_eq!(destructured(event()).await?, "1");
    assert_eq!(nested(LambdaEvent::new(order, Context::default())).await?, "a1");
    assert_eq!(mutable(event()).await?, 2);
    ignored(event()).await?;
    unused(event()).await?;
    assert_eq!(bound(event()).await?, 1);
    Ok(())
}
