//! A handler that borrows a repository, generic over its type, so that tests can pass one of their own.

use std::collections::HashMap;

use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Order {
    id: String,
    article: String,
    trace: (u64, u64, i32),
}

#[derive(Serialize)]
struct Receipt {
    order: String,
    cents: u64,
}

trait Repository {
    async fn price(&self, article: &str) -> Option<u64>;
}

struct Catalogue(HashMap<&'static str, u64>);

impl Repository for Catalogue {
    async fn price(&self, article: &str) -> Option<u64> {
        self.0.get(article).copied()
    }
}

fn order_context(order: &Order) -> (u64, u64, i32) {
    order.trace
}

#[ddlambda::handler(extractor = order_context)]
#[tracing::instrument(skip_all, fields(order = %event.payload.id))]
async fn handle<R: Repository>(
    repository: &R,
    event: LambdaEvent<Order>,
) -> Result<impl Serialize, Error> {
    let Order { id, article, .. } = event.payload;
    let cents = repository.price(&article).await.ok_or("no such article")?;
    Ok(Receipt { order: id, cents })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let repository = Catalogue(HashMap::from([("tea", 420), ("scones", 350)]));
    ddlambda::run(service_fn(|event: LambdaEvent<Order>| {
        handle(&repository, event)
    }))
    .await
}
