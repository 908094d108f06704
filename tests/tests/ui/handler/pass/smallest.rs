use lambda_runtime::{service_fn, Context, Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<String>) -> Result<usize, Error> {
    Ok(event.payload.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = LambdaEvent::new("four".to_owned(), Context::default());
    assert_eq!(handler(event).await?, 4);
    let _runtime = || lambda_runtime::run(service_fn(handler));
    Ok(())
}
