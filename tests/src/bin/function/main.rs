//! The function under most tests. Its event says what it does; its first argument says which handler does it.

mod handlers;
mod orders;

use lambda_runtime::{service_fn, Error, LambdaEvent};

use handlers::Shop;

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        None => ddlambda::run(service_fn(handlers::boxed)).await,
        Some("custom") => ddlambda::run(service_fn(handlers::custom)).await,
        Some("strict") => ddlambda::run(service_fn(handlers::strict)).await,
        Some("unprintable") => ddlambda::run(service_fn(handlers::unprintable)).await,
        Some("unconvertible") => ddlambda::run(service_fn(handlers::unconvertible)).await,
        Some("eager") => ddlambda::run(service_fn(handlers::eager)).await,
        Some("untouched") => ddlambda::run(service_fn(handlers::untouched)).await,
        Some("link") => ddlambda::run(service_fn(handlers::link)).await,
        Some("named") => ddlambda::run(service_fn(handlers::named)).await,
        Some("extractor") => ddlambda::run(service_fn(handlers::extractor)).await,
        Some("closure") => ddlambda::run(service_fn(handlers::closure)).await,
        Some("asking-extractor") => ddlambda::run(service_fn(handlers::asking_extractor)).await,
        Some("panicking-extractor") => {
            ddlambda::run(service_fn(handlers::panicking_extractor)).await
        }
        Some("carrier") => ddlambda::run(service_fn(handlers::carrier)).await,
        Some("instrument-above") => ddlambda::run(service_fn(handlers::instrument_above)).await,
        Some("instrument-below") => ddlambda::run(service_fn(handlers::instrument_below)).await,
        Some("authorizer") => ddlambda::run(service_fn(handlers::authorizer)).await,
        Some("streaming") => ddlambda::run(service_fn(handlers::streaming)).await,
        Some("method") => {
            let shop = Shop;
            ddlambda::run(service_fn(|event: LambdaEvent<_>| shop.serve(event))).await
        }
        Some(other) => Err(format!("no handler `{other}`").into()),
    }
}
