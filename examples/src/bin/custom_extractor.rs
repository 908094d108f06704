//! Trace headers in a place that only this function knows, found by functions of its own.

use std::collections::HashMap;

use ddlambda::{RawEvent, TraceContext};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::Deserialize;

#[derive(Deserialize)]
struct Order {
    id: u64,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    headers: HashMap<String, String>,
}

/// Asked first: the headers that the payload's type keeps.
fn from_meta(order: &Order) -> HashMap<String, String> {
    order.meta.headers.clone()
}

/// Asked next if `DD_TRACE_EXTRACTOR=orders.legacy` names it: ids that the payload's type does not keep.
#[ddlambda::extractor(name = "orders.legacy")]
fn legacy(event: &RawEvent<'_>) -> Option<TraceContext> {
    let ids = event.json().get("trace")?;
    let trace_id = ids.get("id")?.as_u64()?;
    let parent_id = ids.get("parent")?.as_u64()?;
    Some(TraceContext::new(trace_id.into(), parent_id))
}

#[ddlambda::handler(extractor = from_meta)]
async fn handler(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.id)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
