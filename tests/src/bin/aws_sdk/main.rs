//! A function that makes the calls of AWS that its event lists, one after the other.

mod sdk;

use ddlambda_tests::aws::{Call, Made, Way};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Deserialize)]
struct Calls {
    calls: Vec<Call>,
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Calls>) -> Result<Vec<Made>, Error> {
    let config = sdk::SdkConfig;
    let client = ddlambda::traced_client!(sdk, &config);
    let twice = sdk::Client::from_conf(
        sdk::config::Builder::from(&config)
            .interceptor(ddlambda::aws::interceptor())
            .interceptor(ddlambda::aws::interceptor())
            .build(),
    );
    let untraced = sdk::Client::from_conf(sdk::config::Builder::from(&config).build());
    let mut made = Vec::new();
    for call in event.payload.calls {
        let client = match call.way {
            Way::Twice => &twice,
            Way::LayerOnly => &untraced,
            _ => &client,
        };
        made.push(client.call(call).await);
    }
    Ok(made)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // With the SDK's own spans, which are at this level.
    let spans = ddlambda::tracing::layer().with_max_level(tracing::Level::DEBUG);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(spans))?;
    ddlambda::run(service_fn(handler)).await
}
