//! Spans of libraries arrive with Datadog's names for what they are. Each test opens spans with the fields that the
//! library's own source has.

use std::sync::Once;

use ddlambda::testing::{Lambda, Span, Trace};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;
use tower::{Service, ServiceBuilder, ServiceExt};
use tracing::field::Empty;
use tracing::{debug_span, info_span, span, Level};
use tracing_subscriber::layer::SubscriberExt;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<(), Error> {
    match event.payload.as_str().unwrap_or_default() {
        "tower-http" => tower_http().await?,
        "reqwest-tracing" => reqwest_tracing(),
        "sqlx" => sqlx(),
        "fred" => fred(),
        "grpc" => grpc(),
        "http server" => http_server(),
        "aws" => aws(),
        "databases" => databases(),
        "messaging" => messaging(),
        "explicit" => explicit(),
        "plain" => drop(info_span!(
            "plain",
            method = "GET",
            uri = "/",
            system = "redis"
        )),
        other => return Err(format!("no library {other}").into()),
    }
    Ok(())
}

async fn trace(library: &str) -> Trace {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let layer = ddlambda::tracing::layer().with_max_level(Level::DEBUG);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let outcome = lambda.invoke(library).await;
    outcome.response();
    outcome.trace().await
}

/// Name, resource, type.
fn shape(span: &Span) -> [&str; 3] {
    [&span.name, &span.resource, &span.kind]
}

#[track_caller]
fn assert_tags(span: &Span, tags: &[(&str, &str)], absent: &[&str]) {
    for (name, value) in tags {
        assert_eq!(span.tag(name), Some(*value), "{name} of {span:?}");
    }
    for name in absent {
        assert_eq!(span.tag(name), None, "{name}");
        assert_eq!(span.metric(name), None, "{name}");
    }
}

/// The real layer of tower-http.
async fn tower_http() -> Result<(), Error> {
    let routes = |_: http::Request<String>| async {
        tracing::info_span!("inside").in_scope(|| {});
        Ok::<_, Error>(http::Response::new(String::new()))
    };
    let mut service = ServiceBuilder::new()
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .service_fn(routes);
    let request = http::Request::post("/orders/7?token=secret").body(String::new())?;
    service.ready().await?.call(request).await?;
    Ok(())
}

#[tokio::test]
async fn the_layer_of_tower_http_is_a_server() {
    let trace = trace("tower-http").await;
    let span = trace.span("http.server.request");
    assert_eq!(
        shape(span),
        ["http.server.request", "POST /orders/7", "web"]
    );
    trace.assert_parent(trace.span("inside"), span);
    trace.assert_parent(span, trace.span("aws.lambda"));
    let tags = [
        ("span.kind", "server"),
        ("component", "tower-http"),
        ("http.method", "POST"),
        ("http.url", "/orders/7?<redacted>"),
        ("http.version", "HTTP/1.1"),
    ];
    assert_tags(span, &tags, &["method", "uri", "version"]);
}

/// reqwest-tracing 0.7, with the backend that tells the URL.
fn reqwest_tracing() {
    let span = info_span!(
        "HTTP request",
        http.request.method = %"GET",
        url.scheme = %"https",
        server.address = %"prices.internal",
        server.port = %443,
        user_agent.original = %"",
        otel.kind = "client",
        otel.name = %"reqwest-http-client",
        otel.status_code = Empty,
        url.full = %"https://ada:secret@prices.internal/tea?pwd=secret",
        url.query = %"pwd=secret",
        http.response.status_code = Empty,
        error.message = Empty,
    );
    span.record("http.response.status_code", 503_u16);
    span.record("otel.status_code", "ERROR");
}

#[tokio::test]
async fn reqwest_tracing_is_a_client() {
    let trace = trace("reqwest-tracing").await;
    let span = trace.span("http.client.request");
    assert_eq!(shape(span), ["http.client.request", "GET /tea", "http"]);
    assert!(span.error);
    let tags = [
        ("span.kind", "client"),
        ("http.method", "GET"),
        ("http.status_code", "503"),
        ("http.url", "https://prices.internal/tea?<redacted>"),
        ("url.query", "<redacted>"),
        ("out.host", "prices.internal"),
    ];
    assert_tags(
        span,
        &tags,
        &["url.full", "http.request.method", "server.address"],
    );
    assert_eq!(span.metric("network.destination.port"), Some(443.0));
    assert!(!format!("{span:?}").contains("secret"));
}

/// sqlx 0.8 and 0.9: events, of which that of a short statement has no other text.
fn sqlx() {
    let query = info_span!("load orders").entered();
    tracing::event!(
        target: "sqlx::query",
        Level::DEBUG,
        summary = "SELECT id, total FROM …",
        db.statement = "\n\nSELECT id, total FROM orders WHERE id = $1\n",
        rows_affected = 0_u64,
        rows_returned = 3_u64,
        elapsed = ?std::time::Duration::from_millis(2),
        elapsed_secs = 0.002_f64,
    );
    drop(query);
    tracing::event!(
        target: "sqlx::query",
        Level::WARN,
        summary = "COMMIT",
        db.statement = "",
        rows_affected = 2_u64,
        rows_returned = 0_u64,
        elapsed_secs = 1.5_f64,
        "slow statement: execution time exceeded alert threshold"
    );
}

#[tokio::test]
async fn events_of_sqlx_are_spans() {
    let trace = trace("sqlx").await;
    let of = |resource: &str| {
        let mut spans = trace.spans().iter();
        let found = spans.find(|span| span.resource == resource);
        found.unwrap_or_else(|| panic!("no {resource}:\n{trace}"))
    };
    let select = of("SELECT id, total FROM orders WHERE id = $1");
    let commit = of("COMMIT");
    trace.assert_parent(select, trace.span("load orders"));
    trace.assert_parent(commit, trace.span("aws.lambda"));
    assert_eq!((&*select.name, &*select.kind), ("sqlx.query", "sql"));
    assert_tags(
        select,
        &[("span.kind", "client"), ("component", "sqlx")],
        &["db.statement"],
    );
    assert_eq!(select.metric("db.row_count"), Some(3.0));
    assert_eq!(commit.metric("db.rows_affected"), Some(2.0));
    assert!(
        (2_000_000..1_000_000_000).contains(&select.duration),
        "{select:?}"
    );
    assert!(commit.duration >= 1_500_000_000 && !commit.error);
}

/// fred 10: the command is told later.
fn fred() {
    let span = span!(
        target: "fred::trace::enabled",
        Level::INFO,
        "fred.command",
        module = "fred",
        "client.id" = "fred-1",
        "cmd.name" = Empty,
        "cmd.req" = Empty,
    );
    span.record("cmd.name", "HGET");
    let _rtt = span!(target: "fred::trace::enabled", parent: &span, Level::INFO, "fred.rtt", cmd.flush = false);
}

#[tokio::test]
async fn commands_of_fred_are_calls_of_redis() {
    let trace = trace("fred").await;
    let span = trace.span("redis.query");
    assert_eq!(shape(span), ["redis.query", "HGET", "redis"]);
    let tags = [
        ("span.kind", "client"),
        ("db.system", "redis"),
        ("db.operation", "HGET"),
    ];
    assert_tags(span, &tags, &["cmd.name"]);
    assert_eq!(trace.span("fred.rtt").kind, "");
}

/// What those who instrument tonic write, by the conventions.
fn grpc() {
    for kind in ["Client", "Server"] {
        let _span = info_span!(
            "GRPC request",
            otel.kind = ?format_args!("{kind}"),
            otel.name = "shop.Prices/Get",
            rpc.system = "grpc",
            rpc.service = %"shop.Prices",
            rpc.method = %"Get",
            server.address = %"prices.internal",
        );
    }
}

#[tokio::test]
async fn grpc_has_two_sides() {
    let trace = trace("grpc").await;
    let (client, server) = (
        trace.span("grpc.client.request"),
        trace.span("grpc.server.request"),
    );
    assert_eq!(
        (&*client.resource, &*client.kind),
        ("shop.Prices/Get", "http")
    );
    assert_eq!(
        (&*server.resource, &*server.kind),
        ("shop.Prices/Get", "web")
    );
    assert_tags(
        client,
        &[("out.host", "prices.internal"), ("span.kind", "client")],
        &[],
    );
    assert_tags(
        server,
        &[("server.address", "prices.internal")],
        &["out.host"],
    );
}

/// axum with spans by the conventions: the route is told later.
fn http_server() {
    let span = info_span!(
        "HTTP request",
        otel.kind = "server",
        otel.name = "GET",
        http.request.method = "GET",
        http.route = Empty,
        url.path = "/orders/7",
        url.query = "page=2&token=secret",
        user_agent.original = "",
        http.response.status_code = Empty,
    );
    span.record("http.route", "/orders/{id}");
    span.record("http.response.status_code", tracing::field::display(200));
    let _named = info_span!(
        "HTTP request",
        otel.kind = "server",
        otel.name = "PUT /named/{id}",
        http.method = "PUT",
        http.target = "/named/7?a=b"
    );
    let _unnamed = info_span!(
        "HTTP request",
        otel.kind = "server",
        http.method = "HEAD",
        http.target = "/unnamed?a=b"
    );
}

#[tokio::test]
async fn a_server_has_routes() {
    let trace = trace("http server").await;
    let shapes: Vec<_> = trace
        .spans()
        .iter()
        .filter(|span| span.kind == "web")
        .map(shape)
        .collect();
    for resource in ["GET /orders/{id}", "PUT /named/{id}", "HEAD /unnamed"] {
        assert!(
            shapes.contains(&["http.server.request", resource, "web"]),
            "{resource} in {shapes:?}"
        );
    }
    let get = trace
        .spans()
        .iter()
        .find(|span| span.resource == "GET /orders/{id}")
        .unwrap();
    assert_tags(
        get,
        &[
            ("http.status_code", "200"),
            ("http.route", "/orders/{id}"),
            ("url.query", "page=2&<redacted>"),
        ],
        &["http.response.status_code", "http.useragent"],
    );
}

/// aws-sdk-sts 1.124.
fn aws() {
    let _span = debug_span!(
        "STS.AssumeRole",
        "rpc.service" = "STS",
        "rpc.method" = "AssumeRole",
        "sdk_invocation_id" = 1_234_567,
        "rpc.system" = "aws-api",
    );
}

#[tokio::test]
async fn the_aws_sdk_is_a_client() {
    let trace = trace("aws").await;
    let span = trace.span("aws.sts.request");
    assert_eq!(shape(span), ["aws.sts.request", "STS/AssumeRole", "http"]);
    assert_eq!(span.tag("span.kind"), Some("client"));
}

/// Statements, and calls without one, in the old and in the stable names.
fn databases() {
    let _postgres = info_span!(
        "query",
        otel.kind = "client",
        otel.name = "SELECT orders",
        db.system.name = "postgresql",
        db.namespace = "shop",
        db.query.text = "SELECT 1 FROM orders"
    );
    let _mongo = info_span!(
        "find",
        db.system = "mongodb",
        db.operation.name = "find",
        db.collection.name = "orders",
        server.port = 27017
    );
    let _redis = info_span!("GET", db.system = "redis", db.statement = "GET order:7");
    let _other = info_span!(
        "lookup",
        db.system.name = "influxdb",
        db.query.summary = "read cpu"
    );
}

#[tokio::test]
async fn databases_are_told_apart() {
    let trace = trace("databases").await;
    for (name, resource, kind) in [
        ("postgresql.query", "SELECT 1 FROM orders", "sql"),
        ("mongodb.query", "find orders", "mongodb"),
        ("redis.query", "GET order:7", "redis"),
        ("influxdb.query", "read cpu", "db"),
    ] {
        let span = trace.span(name);
        assert_eq!(shape(span), [name, resource, kind]);
        assert_eq!(span.tag("span.kind"), Some("client"));
        assert_eq!(span.service, trace.span("aws.lambda").service);
    }
    let tags = [("db.system", "postgresql"), ("db.name", "shop")];
    assert_tags(
        trace.span("postgresql.query"),
        &tags,
        &["db.statement", "db.query.text"],
    );
    assert_tags(
        trace.span("redis.query"),
        &[("db.statement", "GET order:7")],
        &[],
    );
    let port = trace
        .span("mongodb.query")
        .metric("network.destination.port");
    assert_eq!(port, Some(27017.0));
}

fn messaging() {
    let _send = info_span!("send", messaging.system = "kafka", messaging.operation.type = "send", messaging.destination.name = "orders");
    let _process = info_span!(
        "work",
        otel.kind = "consumer",
        messaging.system = "rabbitmq",
        messaging.operation = "process"
    );
}

#[tokio::test]
async fn messages_have_systems_and_operations() {
    let trace = trace("messaging").await;
    let (send, process) = (trace.span("kafka.send"), trace.span("rabbitmq.process"));
    assert_eq!(shape(send), ["kafka.send", "send orders", "queue"]);
    assert_eq!(shape(process), ["rabbitmq.process", "process", "queue"]);
    assert_eq!(send.tag("span.kind"), Some("producer"));
    assert_eq!(process.tag("span.kind"), Some("consumer"));
}

/// Names of Datadog's own, before and after.
fn explicit() {
    let span = info_span!(
        "query",
        operation.name = "shop.price",
        resource.name = "price of tea",
        span.type = "cache",
        service.name = "shop-db",
        db.system = "postgresql",
        db.statement = "SELECT 1",
        otel.name = Empty,
    );
    span.record("otel.name", "SELECT");
}

#[tokio::test]
async fn what_the_function_says_by_name_stays() {
    let trace = trace("explicit").await;
    let span = trace.span("shop.price");
    assert_eq!(shape(span), ["shop.price", "price of tea", "cache"]);
    assert_eq!(span.service, "shop-db");
    assert_tags(
        span,
        &[("span.kind", "client"), ("db.statement", "SELECT 1")],
        &[],
    );
}

#[tokio::test]
async fn other_fields_stay_what_they_are() {
    let trace = trace("plain").await;
    let span = trace.span("plain");
    assert_eq!(shape(span), ["plain", "plain", ""]);
    assert_tags(
        span,
        &[("method", "GET"), ("uri", "/"), ("system", "redis")],
        &["span.kind"],
    );
}
