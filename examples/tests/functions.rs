//! Every example function runs, and its trace shows what the example is about.

use std::process::Command;

use ddlambda::testing::{Agent, Binary, Lambda, Outcome};
use serde_json::{json, Value};

async fn invoke(function: Binary, event: Value) -> Outcome {
    function.start().await.invoke(event).await
}

#[tokio::test]
async fn minimal_answers_and_is_traced() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_minimal")).env("DD_SERVICE", "greeter");
    let outcome = invoke(function, json!({ "name": "Ada" })).await;
    assert_eq!(outcome.response(), &json!({ "hello": "Ada" }));
    let trace = outcome.trace().await;
    assert_eq!(trace.root().name, "aws.lambda");
    assert_eq!(trace.root().service, "greeter");
}

#[tokio::test]
async fn typed_carrier_passes_the_trace_on() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_typed_carrier"));
    let headers = json!({ "x-datadog-trace-id": "42", "x-datadog-parent-id": "7" });
    let outcome = invoke(function, json!({ "id": 1, "_datadog": headers })).await;
    let trace = outcome.trace().await;
    assert_eq!((trace.trace_id(), trace.root().parent_id), (42, 7));
    let sent = &outcome.response()["_datadog"];
    assert_eq!(sent["x-datadog-trace-id"], "42");
    let span_id = trace.span("aws.lambda").span_id.to_string();
    assert_eq!(sent["x-datadog-parent-id"], span_id);
}

#[tokio::test]
async fn custom_extractors_find_headers_and_ids() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_custom_extractor"))
        .env("DD_TRACE_EXTRACTOR", "orders.legacy")
        .start()
        .await;
    let headers = json!({ "x-datadog-trace-id": "42", "x-datadog-parent-id": "7" });
    let of_type = json!({ "id": 1, "meta": { "headers": headers } });
    let of_raw = json!({ "id": 1, "meta": {}, "trace": { "id": 43, "parent": 8 } });
    for (event, ids) in [(of_type, (42, 7)), (of_raw, (43, 8))] {
        let trace = function.invoke(event).await.trace().await;
        assert_eq!((trace.trace_id(), trace.root().parent_id), ids);
    }
}

#[tokio::test]
async fn borrowed_state_keeps_its_signature() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_borrowed_state"));
    let event = json!({ "id": "o-1", "article": "tea", "trace": [42, 7, 1] });
    let outcome = invoke(function, event).await;
    assert_eq!(outcome.response(), &json!({ "order": "o-1", "cents": 420 }));
    let trace = outcome.trace().await;
    assert_eq!(trace.trace_id(), 42);
    assert_eq!(trace.span("handle").tag("order"), Some("o-1"));
    trace.assert_parent(trace.span("handle"), trace.span("aws.lambda"));
}

#[tokio::test]
async fn custom_subscriber_has_ids_in_its_logs() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_custom_subscriber"));
    let outcome = invoke(function, json!([1, 2])).await;
    let id = format!("{:032x}", outcome.trace().await.trace_id());
    let logs = outcome.logs().await;
    let line = logs.iter().find(|line| line.contains("received"));
    let line: Value = serde_json::from_str(line.expect("a log line")).expect("JSON");
    assert_eq!(line["dd.trace_id"], id.as_str());
}

#[tokio::test]
async fn http_request_takes_requests() {
    let function = Lambda::binary(env!("CARGO_BIN_EXE_http_request"));
    let event = json!({
        "version": "2.0",
        "routeKey": "GET /hello",
        "rawPath": "/hello",
        "rawQueryString": "name=Ada",
        "queryStringParameters": { "name": "Ada" },
        "headers": { "host": "api.example.com", "x-datadog-trace-id": "42", "x-datadog-parent-id": "7" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "api.example.com",
            "stage": "$default",
            "timeEpoch": 1_700_000_000_000_u64,
            "http": { "method": "GET", "path": "/hello", "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7" },
        },
        "isBase64Encoded": false,
    });
    let outcome = invoke(function, event).await;
    assert_eq!(outcome.response()["body"], "Hello Ada, from /hello\n");
    let trace = outcome.trace().await;
    assert_eq!((trace.trace_id(), trace.root().parent_id), (42, 7));
    assert_eq!(trace.root().name, "aws.httpapi");
    assert_eq!(trace.span("aws.lambda").tag("greeted"), Some("Ada"));
}

#[tokio::test]
async fn worker_works_in_the_trace_that_it_is_given() {
    let agent = Agent::start();
    let traceparent = "00-0000000000000000000000000000002a-0000000000000007-01";
    let status = Command::new(env!("CARGO_BIN_EXE_worker"))
        .args([traceparent, "17"])
        .env("DD_TRACE_AGENT_URL", agent.url())
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    let traces = agent.traces();
    let root = traces[0].root();
    assert_eq!((root.trace_id, root.parent_id), (42, 7));
    assert_eq!((&*root.name, &*root.service), ("queue.process", "worker"));
    traces[0].assert_parent(traces[0].span("pack"), root);
}
