//! Events and responses as tags, where the function asks for them.

use std::collections::BTreeMap;

use ddlambda::testing::{Binary, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

fn capturing() -> Binary {
    binary!("function").env("DD_CAPTURE_LAMBDA_PAYLOAD", "true")
}

/// An event of all kinds of values, and the response to it.
fn event() -> Value {
    let response = json!({ "statusCode": 200, "body": "{\"ok\":true}", "password": "p" });
    let event = json!({
        "str": "abc", "num": 1, "f": 1.5, "bool": true, "nul": null, "num_str": "42",
        "list": [1, "two", { "k": "v" }], "empty_list": [], "empty_obj": {},
        "nested": { "a": { "b": { "c": { "d": 1 } } } },
        "json_str": "{\"a\": {\"b\": [1,2]}}", "uni": "你好/slash", "big": "x".repeat(6000),
        "password": "p", "Authorization": "Bearer x", "token": { "inner": "secret" },
    });
    events::with(event, json!({ "respond": response }))
}

/// The tags below `name`, except for those of the task.
fn captured(trace: &Trace, name: &str) -> BTreeMap<String, String> {
    let tags = trace.span("aws.lambda").meta.iter();
    tags.filter_map(|(tag, value)| {
        let rest = tag.strip_prefix("function.")?.strip_prefix(name)?;
        let rest = rest.trim_start_matches('.');
        (!rest.starts_with("do")).then(|| (rest.to_owned(), value.clone()))
    })
    .collect()
}

fn known(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    tags.iter().map(pair).collect()
}

/// What is the same at every depth.
fn plain() -> BTreeMap<String, String> {
    let mut plain = known(&[
        ("Authorization", "redacted"),
        ("bool", "true"),
        ("f", "1.5"),
        ("nul", "null"),
        ("num", "1"),
        ("num_str", "42"),
        ("password", "redacted"),
        ("str", "abc"),
        ("uni", "你好/slash"),
    ]);
    plain.insert("big".to_owned(), "x".repeat(5000));
    plain
}

async fn check(depth: Option<&str>, request: &[(&str, &str)], response: &[(&str, &str)]) {
    let mut function = capturing();
    if let Some(depth) = depth {
        function = function.env("DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH", depth);
    }
    let lambda = function.start().await;
    let trace = lambda.invoke(event()).await.trace().await;
    let mut all = plain();
    all.extend(known(request));
    assert_eq!(captured(&trace, "request"), all);
    assert_eq!(captured(&trace, "response"), known(response));
}

#[tokio::test]
async fn payloads_are_taken_apart() {
    check(
        None,
        &[
            ("json_str.a.b.0", "1"),
            ("json_str.a.b.1", "2"),
            ("list.0", "1"),
            ("list.1", "two"),
            ("list.2.k", "v"),
            ("nested.a.b.c.d", "1"),
            ("token.inner", "secret"),
        ],
        &[
            ("body.ok", "true"),
            ("password", "redacted"),
            ("statusCode", "200"),
        ],
    )
    .await;
}

#[tokio::test]
async fn beyond_the_depth_there_is_json() {
    check(
        Some("3"),
        &[
            ("json_str.a", r#"{"b":[1,2]}"#),
            ("list.0", "1"),
            ("list.1", "two"),
            ("list.2.k", "v"),
            ("nested.a.b", r#"{"c":{"d":1}}"#),
            ("token.inner", "secret"),
        ],
        &[
            ("body.ok", "true"),
            ("password", "redacted"),
            ("statusCode", "200"),
        ],
    )
    .await;
    check(
        Some("1"),
        &[
            ("empty_list", "[]"),
            ("empty_obj", "{}"),
            ("json_str", "{\"a\": {\"b\": [1,2]}}"),
            ("list", r#"[1,"two",{"k":"v"}]"#),
            ("nested", r#"{"a":{"b":{"c":{"d":1}}}}"#),
            ("token", "redacted"),
        ],
        &[
            ("body", "{\"ok\":true}"),
            ("password", "redacted"),
            ("statusCode", "200"),
        ],
    )
    .await;
}

#[tokio::test]
async fn nothing_is_captured_unless_asked_for() {
    let lambda = binary!("function").start().await;
    let trace = lambda.invoke(event()).await.trace().await;
    for name in ["request", "response"] {
        assert_eq!(captured(&trace, name), known(&[]));
    }
}

#[tokio::test]
async fn a_plain_response_is_one_tag() {
    let lambda = capturing().start().await;
    for (task, text) in [
        (json!({ "respond": "hello" }), Some("hello")),
        (json!({ "respond": 7 }), Some("7")),
        (json!("nothing"), Some("null")),
        (json!({ "fail": "boom" }), None),
    ] {
        let trace = lambda
            .invoke(events::task(task.clone()))
            .await
            .trace()
            .await;
        let tag = trace
            .span("aws.lambda")
            .tag("function.response")
            .map(str::to_owned);
        assert_eq!(tag.as_deref(), text, "{task}");
    }
}

#[tokio::test]
async fn a_stream_is_not_captured() {
    let lambda = capturing().args(["streaming"]).start().await;
    let trace = lambda.invoke(events::rest()).await.trace().await;
    assert_eq!(captured(&trace, "response"), known(&[]));
    let request = captured(&trace, "request");
    assert_eq!(request["httpMethod"], "GET");
    assert_eq!(request["requestContext.apiId"], "a1b2c3d4e5");
}

#[tokio::test]
async fn a_request_is_captured_as_the_event_that_it_was() {
    let http = binary!("http").env("DD_CAPTURE_LAMBDA_PAYLOAD", "true");
    let lambda = http.start().await;
    let mut event = events::rest();
    event["body"] = r#"{"do":{"respond":201},"PASSWORD":"p"}"#.into();
    event["multiValueHeaders"]["Authorization"] = json!(["Bearer x"]);
    let trace = lambda.invoke(event).await.trace().await;
    let request = captured(&trace, "request");
    assert_eq!(request["body.PASSWORD"], "redacted");
    assert_eq!(request["multiValueHeaders.Authorization.0"], "redacted");
    let response = captured(&trace, "response");
    assert_eq!(response["statusCode"], "201");
    assert_eq!(response["body"], "/live/orders/981");
}

#[tokio::test]
async fn a_large_payload_leaves_the_span_whole() {
    let event = json!({ "a_list": vec!["\u{1}\"text\"".repeat(30); 1_500] });
    for agent in [true, false] {
        let function = capturing().agent(agent).env("DD_LOG_LEVEL", "debug");
        let lambda = function.start().await;
        let outcome = lambda
            .invoke(events::with(event.clone(), json!({ "respond": event })))
            .await;
        let trace = outcome.trace().await;
        let count = captured(&trace, "request").len();
        assert!((1..=1_000).contains(&count), "{count}");
        let logs = outcome.logs().await;
        let said = |name: &str| logs.iter().filter(|line| line.contains(name)).count();
        assert_eq!(said("function.request is too large"), 1, "{logs:?}");
        assert_eq!(said("function.response is too large"), 1);
    }
}
