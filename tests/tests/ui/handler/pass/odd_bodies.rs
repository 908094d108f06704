#![deny(warnings)]

use lambda_runtime::{Context, Error, LambdaEvent};

#[ddlambda::handler]
async fn panics(_: LambdaEvent<u64>) -> Result<(), Error> {
    panic!("no tail, and none needed")
}

#[ddlambda::handler]
async fn single_expression(event: LambdaEvent<Result<u64, String>>) -> Result<u64, String> {
    event.payload
}

#[ddlambda::handler]
async fn only_returns(event: LambdaEvent<u64>) -> Result<u64, Error> {
    match event.payload {
        0 => return Err("zero".into()),
        n => return Ok(n),
    }
}

#[ddlambda::handler]
async fn inner_attribute(event: LambdaEvent<u64>) -> Result<u64, Error> {
    #![allow(unused_variables)]
    let unused = 1;
    Ok(event.payload)
}

#[ddlambda::handler]
async fn r#raw(r#type: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(r#type.payload)
}

/// Documented.
#[allow(non_snake_case)]
#[ddlambda::handler]
#[inline]
#[must_use]
async fn Attributes(event: LambdaEvent<u64>) -> Result<u64, Error> {
    fn nested(n: u64) -> u64 {
        n + 1
    }
    let event = nested(event.payload);
    Ok(event)
}

#[ddlambda::handler]
async fn scrutinee(event: LambdaEvent<std::sync::Mutex<u64>>) -> Result<u64, Error> {
    match *event.payload.lock().unwrap() {
        n => Ok(n),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    let _panics = || panics(event());
    assert_eq!(single_expression(LambdaEvent::new(Ok(1), Context::default())).await?, 1);
    assert_eq!(only_returns(event()).await?, 1);
    assert_eq!(inner_attribute(event()).await?, 1);
    assert_eq!(r#raw(event()).await?, 1);
    assert_eq!(Attributes(event()).await?, 2);
    assert_eq!(scrutinee(LambdaEvent::new(1.into(), Context::default())).await?, 1);
    Ok(())
}
