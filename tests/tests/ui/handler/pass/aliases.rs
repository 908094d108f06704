use lambda_runtime::{Context, Error, LambdaEvent};

type Incoming<T = u64> = LambdaEvent<T>;
type Outgoing<T> = Result<T, Error>;

#[ddlambda::handler]
async fn only_parameter(event: Incoming) -> Outgoing<u64> {
    Ok(event.payload)
}

#[ddlambda::handler]
async fn marked(prefix: &str, #[event] event: Incoming<String>) -> Outgoing<bool> {
    Ok(event.payload.starts_with(prefix))
}

/// The mark is stronger than the name of a type.
#[allow(dead_code)]
struct Request;

#[ddlambda::handler]
async fn request_of_ones_own(_request: Request, #[event] event: LambdaEvent<u64>) -> Outgoing<u64> {
    Ok(event.payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    assert_eq!(only_parameter(event()).await?, 1);
    assert!(marked("a", LambdaEvent::new("ab".to_owned(), Context::default())).await?);
    assert_eq!(request_of_ones_own(Request, event()).await?, 1);
    Ok(())
}
