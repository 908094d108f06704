use aws_lambda_events::sqs::SqsMessage;

#[derive(serde::Serialize)]
struct Order {
    id: u64,
    items: Vec<String>,
}

#[ddlambda::record]
async fn fields(Order { id, mut items }: Order) -> usize {
    items.push(id.to_string());
    items.len()
}

#[ddlambda::record]
fn mutable(mut message: SqsMessage) -> SqsMessage {
    message.body = Some("new".to_owned());
    message
}

#[ddlambda::record]
fn tuple((id, _): (u64, u64)) -> u64 {
    id
}

#[ddlambda::record]
fn behind_reference(&id: &u64) -> u64 {
    id
}

#[ddlambda::record]
async fn ignored(_: SqsMessage) {}

#[ddlambda::record]
async fn unused(_message: SqsMessage) {}

#[ddlambda::record]
fn whole(order @ Order { id: _, items: _ }: &Order) -> u64 {
    order.id
}

#[ddlambda::record(record = r#type)]
fn raw(state: u64, r#type: u64) -> u64 {
    state + r#type
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let order = || Order { id: 7, items: Vec::new() };
    assert_eq!(fields(order()).await, 1);
    assert_eq!(mutable(SqsMessage::default()).body.unwrap(), "new");
    assert_eq!(tuple((1, 2)), 1);
    assert_eq!(behind_reference(&3), 3);
    ignored(SqsMessage::default()).await;
    unused(SqsMessage::default()).await;
    assert_eq!(whole(&order()), 7);
    assert_eq!(raw(1, 2), 3);
}
