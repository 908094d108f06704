use ddlambda::{RawEvent, TraceContext};
use lambda_runtime::{Context, Error, LambdaEvent};
use std::collections::HashMap;

struct Order {
    trace: Option<u64>,
}

mod by_path {
    pub async fn context(order: &super::Order) -> Option<ddlambda::TraceContext> {
        Some(ddlambda::TraceContext::new(order.trace?.into(), 0))
    }
}

fn with_context(order: &Order, context: &Context) -> Result<(u64, u64, i32), Error> {
    Ok((order.trace.ok_or("no trace")?, context.request_id.len() as u64, 1))
}

fn raw(raw: &RawEvent<'_>) -> HashMap<String, String> {
    HashMap::from([("x-datadog-trace-id".to_owned(), raw.body().len().to_string())])
}

#[ddlambda::handler(extractor = by_path::context)]
async fn path(event: LambdaEvent<Order>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[ddlambda::handler(extractor = with_context)]
async fn two_parameters(event: LambdaEvent<Order>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[ddlambda::handler(extractor = raw)]
async fn raw_event(event: LambdaEvent<Order>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[ddlambda::handler(extractor = |order: &Order| order.trace.map(|trace| TraceContext::new(trace.into(), 0)))]
async fn closure(event: LambdaEvent<Order>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[ddlambda::handler(extractor = async |order: &Order, _: &Context| by_path::context(order).await)]
async fn async_closure(event: LambdaEvent<Order>) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(Order { trace: Some(3) }, Context::default());
    path(event()).await?;
    two_parameters(event()).await?;
    raw_event(event()).await?;
    closure(event()).await?;
    async_closure(event()).await
}
