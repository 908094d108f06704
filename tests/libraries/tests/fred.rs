use ddlambda::testing::Lambda;
use ddlambda_libraries_tests::{assert_span, record, redis};
use fred::prelude::{Builder, ClientLike, Config, KeysInterface};
use fred::types::config::TracingConfig;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tracing::Level;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<String, Error> {
    let url = event.payload["redis"].as_str().unwrap_or_default();
    let mut config = Config::from_url(url)?;
    config.tracing = TracingConfig::new(true);
    let client = Builder::from_config(config).build()?;
    client.init().await?;
    let value: String = client.get("order:7").await?;
    client.quit().await?;
    Ok(value)
}

#[tokio::test]
async fn commands_are_spans() {
    record(Level::INFO);
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let url = format!("redis://{}", redis().await.unwrap());
    let outcome = lambda.invoke(json!({ "redis": url })).await;
    assert_eq!(outcome.response(), "tea");
    let trace = outcome.trace().await;
    let tags = [
        ("span.kind", "client"),
        ("db.system", "redis"),
        ("db.operation", "GET"),
    ];
    assert_span(&trace, ["redis.query", "GET", "redis"], &tags);
}
