use lambda_runtime::{Context, Error, LambdaEvent};

mod reexport {
    pub use ddlambda as tracer;
}

fn context(payload: &u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

#[ddlambda::handler()]
async fn none(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

#[ddlambda::handler(
    extractor = context,
    service = "orders",
    resource = "place order",
    parent = "link",
    crate = crate::reexport::tracer,
)]
async fn all(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

#[reexport::tracer::handler(crate = reexport::tracer, parent = "child")]
async fn relative(event: LambdaEvent<u64>) -> Result<u64, Error> {
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(3, Context::default());
    assert_eq!(none(event()).await?, 3);
    assert_eq!(all(event()).await?, 3);
    assert_eq!(relative(event()).await?, 3);
    Ok(())
}
