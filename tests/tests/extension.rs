//! Beside the Datadog Lambda Extension, which counts what Lambda tells it itself.
#![cfg(target_os = "linux")]

use ddlambda::testing::{Binary, Lambda, Outcome};
use ddlambda_tests::early::{early, DEADLINE};
use ddlambda_tests::events;
use ddlambda_tests::extension::{beside_extension, start};
use ddlambda_tests::journal::Places;
use serde_json::{json, Value};

fn function(arguments: &[&str]) -> Binary {
    beside_extension(env!("CARGO_BIN_EXE_function"), arguments)
}

/// The names of the metrics that have come since the last call.
fn metrics(lambda: &Lambda) -> Vec<String> {
    let lines = lambda.agent().unwrap().metrics().into_iter();
    let name = |line: String| line.split(':').next().unwrap_or_default().to_owned();
    lines.map(name).collect()
}

async fn invoke(lambda: &Lambda, task: Value) -> Outcome {
    let outcome = lambda.invoke(events::with(events::rest(), task)).await;
    outcome.next_requested().await;
    outcome
}

#[tokio::test]
async fn what_the_runtime_reports_is_counted_and_no_invocation() {
    let lambda = start(function(&[])).await;
    let error = ["aws.lambda.enhanced.errors"];
    for (task, counted) in [
        (json!("nothing"), &[][..]),
        (json!({ "respond": { "statusCode": 404 } }), &[]),
        (json!({ "respond": { "statusCode": 500 } }), &error),
        (json!({ "fail": "no stock" }), &error),
        (json!({ "panic": "a bug" }), &error),
    ] {
        let outcome = invoke(&lambda, task).await;
        assert_eq!(metrics(&lambda), counted);
        // All of it has been read by the extension before it and the function stand still.
        let places = Places::of(&lambda, &outcome).await;
        assert!(places.answered < places.traced && places.traced < places.next);
    }
    let outcome = invoke(&lambda, json!({ "respond_failures": 2 })).await;
    assert!(outcome.is_ok());
    assert_eq!(
        metrics(&lambda),
        ["aws.lambda.enhanced.batch_item_failures"]
    );
}

#[tokio::test]
async fn what_lambda_cuts_off_is_not_counted_and_leaves_its_spans() {
    for task in ["hang", "block"] {
        let lambda = start(early(function(&[]))).await;
        let invocation = lambda.invocation().deadline(DEADLINE);
        let outcome = invocation.event(events::task(task)).send().await;
        let trace = outcome.trace().await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
        assert_eq!(metrics(&lambda), [""; 0]);
    }
    // The process ends with its runtime.
    let lambda = start(function(&[])).await;
    let outcome = lambda.invoke(events::task("respond_unserialisable")).await;
    assert!(outcome.trace().await.span("aws.lambda").error);
    lambda.exited().await;
    assert_eq!(metrics(&lambda), [""; 0]);
}

#[tokio::test]
async fn the_load_span_comes_with_the_first_trace() {
    let function = beside_extension(env!("CARGO_BIN_EXE_starting"), &["load"]);
    let lambda = start(function).await;
    let trace = lambda.invoke(json!({})).await.trace().await;
    let (load, span) = (trace.span("aws.lambda.load"), trace.span("aws.lambda"));
    trace.assert_parent(load, span);
    assert_eq!(lambda.agent().unwrap().requests().len(), 1);
    // No placeholder, of which the extension would make a span of its own.
    assert_eq!(span.resource, "test-function");
}

#[tokio::test]
async fn without_an_address_traces_and_metrics_are_the_extension_s() {
    // The port may be taken here, by an agent of this machine; the log is not where they go in either case.
    let function = function(&[]).agent(false);
    let lambda = start(function.env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "0.2")).await;
    let outcome = lambda.invoke(events::task(json!({ "fail": "no" }))).await;
    let logs = outcome.logs().await;
    let json = logs
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = json.filter(|line| line.get("traces").is_some() || line.get("m").is_some());
    assert_eq!(told.count(), 0, "{logs:?}");
}
