//! The attribute under plain `lambda_runtime::run`: everything but the raw event and the late flush.

use std::time::Duration;

use ddlambda_tests::journal::Places;
use ddlambda_tests::{binary, events};
use serde_json::json;

#[tokio::test]
async fn the_trace_goes_before_the_response() {
    let lambda = binary!("plain").start().await;
    for task in [
        json!({ "spans": "nested" }),
        json!({ "fail": "no" }),
        json!({ "panic": "no" }),
    ] {
        let outcome = lambda.invoke(events::task(task)).await;
        let places = Places::of(&lambda, &outcome).await;
        assert!(places.sent < places.traced && places.traced < places.answered);
    }
    assert_eq!(lambda.agent().unwrap().requests().len(), 3);
}

#[tokio::test]
async fn spans_errors_and_cold_starts_are_as_ever() {
    let lambda = binary!("plain").start().await;
    let trace = lambda
        .invoke(events::task(json!({ "spans": "nested" })))
        .await
        .trace()
        .await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("cold_start"), Some("true"));
    trace.assert_parent(trace.span("outer"), span);
    trace.assert_parent(trace.span("inner"), trace.span("outer"));

    let trace = lambda
        .invoke(events::task(json!({ "decline": 3 })))
        .await
        .trace()
        .await;
    let span = trace.span("aws.lambda");
    assert_eq!((span.error, span.tag("cold_start")), (true, Some("false")));
    assert_eq!(span.tag("error.stack"), Some("Declined { code: 3 }"));
}

#[tokio::test]
async fn the_client_context_is_the_parent() {
    let lambda = binary!("plain").start().await;
    let invocation = lambda
        .invocation()
        .client_context(json!({ "custom": events::headers() }));
    let trace = invocation.send().await.trace().await;
    assert_eq!(trace.trace_id(), events::TRACE_ID);
    assert_eq!(trace.span("aws.lambda").parent_id, events::PARENT_ID);
    assert_eq!(trace.priority(), Some(2));
}

#[tokio::test]
async fn a_typed_carrier_is_the_parent() {
    let lambda = binary!("plain").args(["carrier"]).start().await;
    let trace = lambda
        .invoke(json!({ "headers": events::headers() }))
        .await
        .trace()
        .await;
    assert_eq!(trace.trace_id(), events::TRACE_ID);
    assert_eq!(trace.span("aws.lambda").parent_id, events::PARENT_ID);
}

#[tokio::test]
async fn the_raw_event_is_not_there_to_be_read() {
    let lambda = binary!("plain").start().await;
    let trace = lambda.invoke(events::rest()).await.trace().await;
    assert_ne!(trace.trace_id(), events::TRACE_ID);
    assert_eq!(trace.find("aws.apigateway"), None);
    assert_eq!(trace.root().name, "aws.lambda");
}

#[tokio::test]
async fn what_is_missing_is_said_once() {
    let lambda = binary!("plain").start().await;
    for _ in 0..3 {
        lambda.invoke(json!({})).await.next_requested().await;
    }
    let logs = lambda.logs();
    let said = logs
        .iter()
        .filter(|line| line.contains("without `ddlambda::run`"));
    assert_eq!(said.count(), 1, "{logs:?}");
}

#[tokio::test]
async fn a_timeout_is_seen_here_too() {
    let function = binary!("plain").env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "1200");
    let lambda = function.start().await;
    let invocation = lambda.invocation().event(events::task("block"));
    let outcome = invocation
        .deadline(Duration::from_millis(1_500))
        .send()
        .await;
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
    trace.assert_parent(trace.span("inner"), trace.span("outer"));
}

#[tokio::test]
async fn log_lines_have_their_ids() {
    let lambda = binary!("plain").start().await;
    let outcome = lambda.invoke(events::task(json!({ "logs": "some" }))).await;
    let trace = outcome.trace().await;
    let id = format!("dd.trace_id={:032x}", trace.trace_id());
    let logs = outcome.logs().await;
    let lines = logs
        .iter()
        .filter(|line| line.contains(&id) && line.contains(outcome.request_id()));
    assert_eq!(lines.count(), 3, "{logs:?}");
}
