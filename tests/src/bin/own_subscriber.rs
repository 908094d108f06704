//! A function with a subscriber of its own, made of ddlambda's parts, of one of them and the formatter of
//! `tracing_subscriber`, or of none.

use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{reload, Layer as _};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let registry = tracing_subscriber::registry();
    match std::env::args().nth(1).as_deref() {
        Some("parts") => registry
            .with(ddlambda::tracing::layer().with_max_level(LevelFilter::DEBUG))
            .with(ddlambda::tracing::text().with_writer(std::io::stderr))
            .try_init()?,
        Some("spans") => registry
            .with(ddlambda::tracing::layer())
            .with(tracing_subscriber::fmt::layer())
            .try_init()?,
        Some("wrapped") => {
            let layer = Some(ddlambda::tracing::layer().with_filter(LevelFilter::INFO));
            registry
                .with(reload::Layer::new(layer).0)
                .with(tracing_subscriber::fmt::layer())
                .try_init()?;
        }
        _ => tracing_subscriber::fmt().try_init()?,
    }
    // Leaves it as it is, as `run` does.
    ddlambda::init();
    ddlambda::run(service_fn(handler)).await
}
