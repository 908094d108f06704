use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use std::num::ParseIntError;

#[derive(Debug, PartialEq)]
enum OrderError {
    NotANumber,
    Refused { id: u8 },
}

impl From<ParseIntError> for OrderError {
    fn from(_: ParseIntError) -> Self {
        Self::NotANumber
    }
}

impl From<OrderError> for Diagnostic {
    fn from(error: OrderError) -> Self {
        Self {
            error_type: "OrderError".into(),
            error_message: format!("{error:?}"),
        }
    }
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<String>) -> Result<u8, OrderError> {
    match event.payload.parse()? {
        0 => Err(OrderError::Refused { id: 0 }),
        id => Ok(id),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let call = |text: &str| handler(LambdaEvent::new(text.to_owned(), Context::default()));
    assert_eq!(call("1").await, Ok(1));
    assert_eq!(call("0").await, Err(OrderError::Refused { id: 0 }));
    assert_eq!(call("a").await, Err(OrderError::NotANumber));
    let _runtime = || lambda_runtime::run(lambda_runtime::service_fn(handler));
}
