use ddlambda::testing::Lambda;
use ddlambda_libraries_tests::{assert_span, nothing, record};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use reqwest_middleware::ClientBuilder;
use reqwest_tracing::{SpanBackendWithUrl, TracingMiddleware};
use serde_json::{json, Value};
use tracing::Level;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<u16, Error> {
    let url = event.payload["url"].as_str().unwrap_or_default();
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(TracingMiddleware::<SpanBackendWithUrl>::new())
        .build();
    Ok(client.get(url).send().await?.status().as_u16())
}

#[tokio::test]
async fn calls_are_spans() {
    record(Level::INFO);
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let address = nothing().await.unwrap();
    let url = format!("http://ada:secret@{address}/tea?token=secret");
    let outcome = lambda.invoke(json!({ "url": url })).await;
    assert_eq!(outcome.response(), 404);
    let trace = outcome.trace().await;
    let shown = format!("http://{address}/tea?<redacted>");
    let tags = [
        ("span.kind", "client"),
        ("http.method", "GET"),
        ("http.status_code", "404"),
        ("http.url", &shown),
        ("out.host", "127.0.0.1"),
    ];
    let span = assert_span(&trace, ["http.client.request", "GET /tea", "http"], &tags);
    assert!(span.error);
    let port = span.metric("network.destination.port");
    assert_eq!(port, Some(address.port().into()));
    assert!(!format!("{span:?}").contains("secret"));
}
