use axum::body::Body;
use axum::routing::get;
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use ddlambda::testing::Lambda;
use ddlambda_libraries_tests::{assert_span, record};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tower::ServiceExt;
use tracing::Level;

#[ddlambda::handler]
async fn handler(_: LambdaEvent<Value>) -> Result<(), Error> {
    let order = get(|| async { "an order" });
    let router = Router::new().route("/orders/{id}", order);
    let request = axum::http::Request::get("/orders/7?token=secret");
    let request = request.header("user-agent", "curl/8").body(Body::empty())?;
    router
        .layer(OtelAxumLayer::default())
        .oneshot(request)
        .await?;
    Ok(())
}

#[tokio::test]
async fn requests_are_spans() {
    record(Level::INFO);
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let outcome = lambda.invoke(json!({})).await;
    outcome.response();
    let trace = outcome.trace().await;
    let tags = [
        ("span.kind", "server"),
        ("http.method", "GET"),
        ("http.route", "/orders/{id}"),
        ("http.status_code", "200"),
        ("http.useragent", "curl/8"),
        ("url.query", "<redacted>"),
    ];
    let span = assert_span(
        &trace,
        ["http.server.request", "GET /orders/{id}", "web"],
        &tags,
    );
    assert!(
        !span.error && !format!("{span:?}").contains("secret"),
        "{span:#?}"
    );
}
