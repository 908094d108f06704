//! The handler of the project's design: generic, borrowing, with an opaque response and another attribute.

use ddlambda::TraceContext;
use lambda_runtime::{service_fn, Context, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Order {
    id: u64,
    trace: u64,
}

#[derive(Serialize)]
struct Receipt {
    total: u64,
}

trait Repository {
    async fn price(&self, id: u64) -> Result<u64, std::io::Error>;
}

struct Memory(u64);

impl Repository for Memory {
    async fn price(&self, id: u64) -> Result<u64, std::io::Error> {
        Ok(self.0 + id)
    }
}

fn order_context(order: &Order) -> TraceContext {
    TraceContext::new(order.trace.into(), 1)
}

#[ddlambda::handler(extractor = order_context)]
#[tracing::instrument(skip_all, fields(order = %event.payload.id))]
async fn handle<R: Repository>(repo: &R, event: LambdaEvent<Order>) -> Result<impl Serialize, Error> {
    let total = repo.price(event.payload.id).await?;
    Ok(Receipt { total })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let repo = Memory(40);
    let event = LambdaEvent::new(Order { id: 2, trace: 7 }, Context::default());
    handle(&repo, event).await?;
    let _runtime = || lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| handle(&repo, event)));
    Ok(())
}
