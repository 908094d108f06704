use lambda_runtime::{Context, Error, LambdaEvent};
use serde::Serialize;
use std::fmt::Display;

#[ddlambda::handler]
async fn opaque(event: LambdaEvent<u64>) -> Result<impl Serialize + use<>, Error> {
    if event.payload > 9 {
        return Ok("many".to_owned());
    }
    Ok(event.payload.to_string())
}

#[ddlambda::handler]
async fn nested(event: LambdaEvent<u64>) -> Result<Option<(impl Display, u8)>, Error> {
    Ok(Some((event.payload, 1)))
}

#[ddlambda::handler]
async fn argument(event: LambdaEvent<impl Display>, suffix: impl AsRef<str>) -> Result<String, Error> {
    Ok(format!("{}{}", event.payload, suffix.as_ref()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    opaque(event()).await?;
    assert!(nested(event()).await?.is_some());
    assert_eq!(argument(event(), "!").await?, "1!");
    Ok(())
}
