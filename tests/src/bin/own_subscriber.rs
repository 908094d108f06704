//! A function with a subscriber of its own: made of ddlambda's parts, of one of them and the formatter of
//! `tracing_subscriber`, or of none; of its lines alone; or one that panics at every line of ddlambda, under `ddlambda::run` or the plain one.

use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{reload, Layer};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

/// A layer with a bug.
struct Panics;

impl<S: Subscriber> Layer<S> for Panics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        assert_ne!(target, "ddlambda", "a bug in the log");
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let registry = tracing_subscriber::registry();
    let how = std::env::args().nth(1);
    match how.as_deref() {
        Some("panics-alone") => registry.with(Panics).try_init()?,
        Some("ids") => registry.with(ddlambda::tracing::json()).try_init()?,
        Some("panics" | "panics-plain") => registry
            .with(ddlambda::tracing::layer())
            .with(Panics)
            .try_init()?,
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
    if let Some("panics-plain") = how.as_deref() {
        return lambda_runtime::run(service_fn(handler)).await;
    }
    // Leaves it as it is, as `run` does.
    ddlambda::init();
    ddlambda::run(service_fn(handler)).await
}
