//! tonic, which has no spans, with those of its users' libraries.

use ddlambda::testing::Lambda;
use ddlambda_libraries_tests::{assert_span, record};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::HealthCheckRequest;
use tonic_tracing_opentelemetry::middleware::{client, server};
use tower::{Layer, ServiceBuilder};
use tower_http::trace::TraceLayer;
use tracing::Level;

/// Asks whether the server is well, over the network; then the service itself, here, where its spans have a parent.
#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<(), Error> {
    let url = event.payload["url"].as_str().unwrap_or_default().to_owned();
    let channel = Channel::from_shared(url)?.connect().await?;
    let channel = client::OtelGrpcLayer.layer(channel);
    HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await?;

    let (_, service) = tonic_health::server::health_reporter();
    let instrumented = server::OtelGrpcLayer::default().layer(service.clone());
    HealthClient::new(instrumented)
        .check(HealthCheckRequest::default())
        .await?;
    let logged = ServiceBuilder::new()
        .layer(TraceLayer::new_for_grpc())
        .service(service);
    HealthClient::new(logged)
        .check(HealthCheckRequest::default())
        .await?;
    Ok(())
}

#[tokio::test]
async fn both_sides_have_spans() {
    record(Level::DEBUG);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_, service) = tonic_health::server::health_reporter();
    let server = Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));

    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let outcome = lambda.invoke(json!({ "url": url })).await;
    outcome.response();
    let trace = outcome.trace().await;
    let resource = "grpc.health.v1.Health/Check";
    let tags = [("span.kind", "client"), ("rpc.system", "grpc")];
    assert_span(&trace, ["grpc.client.request", resource, "http"], &tags);
    let tags = [("span.kind", "server"), ("rpc.system", "grpc")];
    assert_span(&trace, ["grpc.server.request", resource, "web"], &tags);
    let resource = "POST /grpc.health.v1.Health/Check";
    let tags = [("span.kind", "server"), ("component", "tower-http")];
    assert_span(&trace, ["http.server.request", resource, "web"], &tags);
}
