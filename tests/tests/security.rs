//! What leaves a function, and what may come in.

use ddlambda::testing::{Agent, Binary};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// What must not leave.
const SECRET: &str = "hunter2";

/// An event with secrets in all of its corners.
fn event() -> Value {
    let mut event = events::rest();
    event["headers"]["Authorization"] = format!("Bearer {SECRET}").into();
    event["headers"]["Cookie"] = format!("session={SECRET}").into();
    event["headers"]["x-api-key"] = SECRET.into();
    event["headers"]["Referer"] =
        format!("https://ada:{SECRET}@shop.example/cart?page=2&token={SECRET}#{SECRET}").into();
    event["multiValueHeaders"] = json!({ "Authorization": [format!("Bearer {SECRET}")] });
    event["queryStringParameters"] = json!({ "q": SECRET });
    event["multiValueQueryStringParameters"] = json!({ "q": [SECRET] });
    event["stageVariables"] = json!({ "key": SECRET });
    event["requestContext"]["identity"]["apiKey"] = SECRET.into();
    event["requestContext"]["authorizer"] = json!({ "claims": SECRET });
    event["body"] = json!({ "password": SECRET, "note": SECRET })
        .to_string()
        .into();
    events::with(
        event,
        json!({ "respond": { "statusCode": 200, "body": SECRET } }),
    )
}

fn function() -> Binary {
    let function = binary!("function").agent(false);
    // What may not leave with the settings either.
    let function = function.env("DD_API_KEY", SECRET).env("PASSWORD", SECRET);
    function.env("AWS_SESSION_TOKEN", SECRET)
}

fn has_secret(bytes: &[u8]) -> bool {
    bytes
        .windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

#[tokio::test]
async fn neither_payloads_nor_headers_nor_secrets_leave_by_default() {
    for (name, value) in [
        ("DD_TRACE_API_VERSION", "v0.4"),
        ("DD_TRACE_API_VERSION", "v0.5"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
    ] {
        let agent = Agent::start();
        let url = match name {
            "OTEL_TRACES_EXPORTER" => "OTEL_EXPORTER_OTLP_ENDPOINT",
            _ => "DD_TRACE_AGENT_URL",
        };
        let lambda = function()
            .env(name, value)
            .env(url, agent.url())
            .start()
            .await;
        let outcome = lambda.invoke(event()).await;
        outcome.next_requested().await;
        let requests = agent.wait_for_requests(1).await;
        assert!(!has_secret(&requests[0].body), "{value}");
        let is_free = |(_, value): &(String, String)| !value.contains(SECRET);
        assert!(requests[0].headers.iter().all(is_free), "{value}");
        assert!(!has_secret(lambda.logs().concat().as_bytes()), "{value}");
    }
    let lambda = function().env("DD_LOG_LEVEL", "debug").start().await;
    let trace = lambda.invoke(event()).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(
        span.tag("http.referer"),
        Some("https://shop.example/cart?page=2&<redacted>")
    );
    assert!(
        !has_secret(lambda.logs().concat().as_bytes()),
        "{:?}",
        lambda.logs()
    );
}

#[tokio::test]
async fn how_much_of_a_query_is_told_is_a_setting() {
    for (pattern, referer) in [
        (
            "",
            format!("https://shop.example/cart?page=2&token={SECRET}"),
        ),
        (".*", "https://shop.example/cart?<redacted>".to_owned()),
    ] {
        let function = binary!("function").env("DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP", pattern);
        let trace = function.start().await.invoke(event()).await.trace().await;
        assert_eq!(
            trace.span("aws.lambda").tag("http.referer"),
            Some(&*referer)
        );
    }
}

#[tokio::test]
async fn captured_payloads_are_without_secrets() {
    let function = binary!("function").env("DD_CAPTURE_LAMBDA_PAYLOAD", "true");
    let trace = function.start().await.invoke(event()).await.trace().await;
    let span = trace.span("aws.lambda");
    for name in ["headers.Authorization", "body.password"] {
        assert_eq!(
            span.tag(&format!("function.request.{name}")),
            Some("redacted"),
            "{name}"
        );
    }
    // What has another name is the function's to keep out.
    assert_eq!(span.tag("function.request.body.note"), Some(SECRET));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_listens() {
    let lambda = binary!("function").start().await;
    lambda.invoke(events::rest()).await.next_requested().await;
    let outcome = lambda.invoke(events::task("listening")).await;
    assert_eq!(outcome.response(), &json!(0));
}

#[tokio::test]
async fn what_an_event_says_does_not_make_requests_large() {
    const LONG: usize = 2_000_000;
    let long = "x".repeat(LONG);
    let mut rest = events::rest();
    rest["headers"]["Referer"] = long.clone().into();
    rest["headers"]["User-Agent"] = long.clone().into();
    rest["path"] = long.clone().into();
    let trace = |name: &str| {
        let mut headers = events::headers();
        headers[name] = long.clone().into();
        json!({ "headers": headers })
    };
    let lambda = binary!("function")
        .env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30")
        .start()
        .await;
    for event in [
        rest,
        trace("x-datadog-origin"),
        trace("x-datadog-tags"),
        trace("tracestate"),
        trace("baggage"),
        json!({ "headers": { "traceparent": long } }),
    ] {
        lambda.invoke(event).await.next_requested().await;
    }
    let requests = lambda.agent().unwrap().requests();
    assert_eq!(requests.len(), 6);
    for request in requests {
        assert!(request.body.len() < 400_000, "{}", request.body.len());
    }
}
