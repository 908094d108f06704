use aws_lambda_events::sqs::SqsMessage;
use serde::Serialize;
use std::fmt::Debug;

/// Neither serialises nor prints.
struct Opaque(u64);

#[ddlambda::record]
async fn any<T>(record: T) -> T {
    record
}

#[ddlambda::record]
async fn serialised<T: Serialize + Sync + ?Sized>(record: &T) -> usize {
    std::mem::size_of_val(record)
}

#[ddlambda::record(record = order)]
fn opaque_argument(state: &impl Debug, order: impl Into<u64>) -> String {
    format!("{state:?}{}", order.into())
}

#[ddlambda::record]
async fn dynamic(record: &(dyn Debug + Sync)) -> String {
    format!("{record:?}")
}

#[ddlambda::record]
async fn with_error<R: Repository>(repository: &R, message: &SqsMessage) -> Result<u64, R::Error> {
    repository.store(message.body.as_deref().unwrap_or_default())
}

#[ddlambda::record]
fn const_generic<const N: usize>(record: [u8; N]) -> usize {
    record.len()
}

trait Repository: Sync {
    type Error;
    fn store(&self, body: &str) -> Result<u64, Self::Error>;
}

impl Repository for Opaque {
    type Error = Opaque;
    fn store(&self, _: &str) -> Result<u64, Opaque> {
        Ok(self.0)
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(any(Opaque(3)).await.0, 3);
    assert_eq!(is_send(serialised("four")).await, 4);
    assert_eq!(opaque_argument(&1, 2_u8), "12");
    assert_eq!(is_send(dynamic(&3)).await, "3");
    let stored = is_send(with_error(&Opaque(4), &SqsMessage::default())).await;
    assert!(matches!(stored, Ok(4)));
    assert_eq!(const_generic([1, 2]), 2);
}
