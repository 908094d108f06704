#![forbid(unsafe_code)]
#![deny(warnings)]

use ddlambda::{RawEvent, TraceContext};
use lambda_runtime::{Context, Error};
use std::collections::HashMap;

#[derive(serde::Deserialize)]
struct Order {
    trace: u64,
}

#[derive(serde::Deserialize)]
struct Detail<T> {
    detail: T,
}

#[ddlambda::extractor]
fn typed(order: &Order) -> (u64, u64, i32) {
    (order.trace, 1, 1)
}

#[ddlambda::extractor(name = "orders.detail")]
pub(crate) async fn generic_type(event: &Detail<Order>) -> Result<Option<TraceContext>, Error> {
    Ok(Some(TraceContext::new(event.detail.trace.into(), 1)))
}

#[ddlambda::extractor]
fn with_context(_: &Order, context: &Context) -> Option<TraceContext> {
    Some(TraceContext::new(context.request_id.parse().ok()?, 1))
}

#[ddlambda::extractor]
fn raw(raw: &RawEvent<'_>) -> HashMap<String, String> {
    HashMap::from([("x-datadog-trace-id".to_owned(), raw.body().len().to_string())])
}

#[ddlambda::extractor]
async fn named_lifetimes<'a, 'b>(raw: &'a ddlambda::RawEvent<'b>, context: &'a Context) -> Option<TraceContext> {
    (raw.context().request_id == context.request_id).then(|| TraceContext::new(1, 1))
}

fn main() {
    assert_eq!(typed(&Order { trace: 7 }).0, 7);
}
