//! The `aws.lambda` span, and those beside it.

use ddlambda_tests::{binary, events};
use serde_json::json;

#[tokio::test]
async fn the_span_says_which_function_it_is() {
    let function = binary!("function")
        .function_name("Orders")
        .env("DD_ENV", "test")
        .env("DD_VERSION", "7")
        .env("DD_TAGS", "team:shop,tier:2");
    let lambda = function.start().await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:Orders:Live";
    let invocation = lambda.invocation().request_id("r-1").arn(arn);
    let trace = invocation.send().await.trace().await;
    let span = trace.span("aws.lambda");

    assert_eq!(
        (&*span.service, &*span.resource, &*span.kind, span.parent_id),
        ("Orders", "Orders", "serverless", 0)
    );
    for (name, value) in [
        ("span.kind", "server"),
        (
            "function_arn",
            "arn:aws:lambda:us-east-1:123456789012:function:orders",
        ),
        ("function_version", "live"),
        ("request_id", "r-1"),
        ("resource_names", "Orders"),
        ("functionname", "orders"),
        ("cold_start", "true"),
        ("datadog_lambda", env!("CARGO_PKG_VERSION")),
        ("dd_trace", env!("CARGO_PKG_VERSION")),
        ("language", "rust"),
        ("env", "test"),
        ("version", "7"),
        ("team", "shop"),
        ("tier", "2"),
        ("_dd.origin", "lambda"),
        ("_dd.p.dm", "-0"),
    ] {
        assert_eq!(span.tag(name), Some(value), "{name}");
    }
    assert_eq!(trace.priority(), Some(1));
    assert!(span.metric("process_id").is_some() && span.tag("runtime-id").is_some());
    assert_ne!(trace.trace_id() >> 64, 0, "a trace id of 128 bits");
    for absent in ["proactive_initialization", "http.status_code", "error.type"] {
        assert_eq!(span.tag(absent), None);
    }
}

#[tokio::test]
async fn the_first_invocation_is_cold_and_has_a_load_span() {
    let lambda = binary!("function").start().await;
    let event = events::with(events::rest(), "nothing");
    let first = lambda.invoke(&event).await.trace().await;
    let span = first.span("aws.lambda");
    assert_eq!(span.tag("cold_start"), Some("true"));
    let load = first.span("aws.lambda.load");
    first.assert_parent(load, span);
    assert_eq!(
        (&*load.service, &*load.resource, &*load.kind),
        ("aws.lambda", "test-function", "aws.lambda.load")
    );
    assert!(load.end() <= span.start);

    for _ in 0..2 {
        let warm = lambda.invoke(&event).await.trace().await;
        assert_eq!(warm.span("aws.lambda").tag("cold_start"), Some("false"));
        assert_eq!(warm.find("aws.lambda.load"), None);
    }
}

#[tokio::test]
async fn a_failed_first_invocation_was_the_cold_one() {
    let lambda = binary!("function").args(["strict"]).start().await;
    let first = lambda.invoke(json!({ "items": 1 })).await.trace().await;
    assert_eq!(first.span("aws.lambda").tag("cold_start"), Some("true"));
    let second = lambda.invoke(json!({ "items": [] })).await.trace().await;
    assert_eq!(second.span("aws.lambda").tag("cold_start"), Some("false"));
}

#[tokio::test]
async fn a_load_span_can_be_declined() {
    for (name, value) in [
        ("DD_COLD_START_TRACING", "false"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances"),
    ] {
        let lambda = binary!("function").env(name, value).start().await;
        let trace = lambda.invoke(json!({})).await.trace().await;
        assert_eq!(trace.find("aws.lambda.load"), None, "{name}={value}");
        assert_eq!(trace.span("aws.lambda").tag("cold_start"), Some("true"));
    }
}

#[tokio::test]
async fn an_inferred_span_holds_the_one_of_the_function() {
    let function = binary!("function")
        .env("DD_SERVICE", "shop")
        .env("DD_VERSION", "7");
    let lambda = function.start().await;
    let event = events::with(events::rest(), json!({ "respond": { "statusCode": 200 } }));
    let trace = lambda.invoke(event).await.trace().await;
    let (api, function) = (trace.span("aws.apigateway"), trace.span("aws.lambda"));
    trace.assert_parent(function, api);
    assert_eq!(api.parent_id, events::PARENT_ID);
    assert_eq!(
        (&*api.resource, &*api.kind),
        ("GET /orders/{orderId}", "web")
    );
    assert_eq!(
        api.service,
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    );
    assert_eq!(api.start, 1_735_689_600_123_000_000);
    assert_eq!(api.end(), function.end());
    assert_eq!(api.tag("peer.service"), Some("shop"));
    assert_eq!(api.tag("_dd.base_service"), Some("shop"));
    assert_eq!(
        (api.tag("version"), function.tag("version")),
        (None, Some("7"))
    );
    assert_eq!(api.metric("_dd._inferred_span"), Some(1.0));
    assert_eq!(api.tag("request_id"), function.tag("request_id"));
}

#[tokio::test]
async fn inferred_spans_can_be_declined() {
    let function = binary!("function").env("DD_TRACE_MANAGED_SERVICES", "false");
    let lambda = function.start().await;
    let trace = lambda.invoke(events::rest()).await.trace().await;
    assert_eq!(trace.find("aws.apigateway"), None);
    let span = trace.span("aws.lambda");
    assert_eq!(span.parent_id, events::PARENT_ID);
    assert_eq!(
        span.tag("function_trigger.event_source"),
        Some("api-gateway")
    );
}

#[tokio::test]
async fn an_id_of_64_bits_can_be_asked_for() {
    let function = binary!("function").env("DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED", "false");
    let lambda = function.start().await;
    let trace = lambda.invoke(json!({})).await.trace().await;
    assert_eq!(trace.trace_id() >> 64, 0);
    assert_eq!(trace.span("aws.lambda").tag("_dd.p.tid"), None);
}
