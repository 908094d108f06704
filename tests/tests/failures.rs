//! Metrics about the function: one for each invocation, and one for each that failed.

use ddlambda::testing::{Lambda, Outcome};
use ddlambda_tests::early::{early, outlive, DEADLINE};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// How often a metric has come.
fn count(metrics: &[String], name: &str) -> usize {
    let start = format!("aws.lambda.enhanced.{name}:1|d|#");
    let is_it = |line: &&String| line.starts_with(&start);
    metrics.iter().filter(is_it).count()
}

/// How many invocations and errors have been counted by the end of the invocation.
async fn counts(lambda: &Lambda, outcome: &Outcome) -> [usize; 2] {
    outcome.next_requested().await;
    let metrics = lambda.agent().unwrap().metrics();
    ["invocations", "errors"].map(|name| count(&metrics, name))
}

#[tokio::test]
async fn every_failure_is_counted_once_and_no_success() {
    for function in [binary!("function"), binary!("layered"), binary!("plain")] {
        let lambda = function.start().await;
        for (task, failures) in [
            (json!("nothing"), 0),
            (json!({ "respond": { "statusCode": 404 } }), 0),
            (json!({ "fail": "no stock" }), 1),
            (json!({ "panic": "a bug" }), 1),
            (json!({ "decline": 3 }), 1),
        ] {
            for event in [
                events::task(task.clone()),
                events::with(events::rest(), task),
            ] {
                let outcome = lambda.invoke(event).await;
                assert_eq!(counts(&lambda, &outcome).await, [1, failures]);
            }
        }
    }
}

#[tokio::test]
async fn a_server_error_is_a_failure_of_http_alone() {
    let lambda = binary!("function").start().await;
    let task = json!({ "respond": { "statusCode": 503 } });
    for (event, failures) in [
        (events::rest(), 1),
        (events::function_url(), 1),
        (events::sqs_batch(), 0),
        (json!({}), 0),
    ] {
        let outcome = lambda.invoke(events::with(event, task.clone())).await;
        assert_eq!(counts(&lambda, &outcome).await, [1, failures]);
    }
}

#[tokio::test]
async fn the_metric_says_where_it_comes_from() {
    let function = binary!("function").env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023");
    let lambda = function.start().await;
    let outcome = lambda.invoke(events::task(json!({ "fail": "no" }))).await;
    outcome.next_requested().await;
    let tags = format!(
        "region:us-east-1,account_id:123456789012,functionname:test-function,resource:test-function,memorysize:128,\
         cold_start:true,runtime:provided.al2023,datadog_lambda:v{}",
        env!("CARGO_PKG_VERSION")
    );
    let known =
        ["invocations", "errors"].map(|name| format!("aws.lambda.enhanced.{name}:1|d|#{tags}"));
    assert_eq!(lambda.agent().unwrap().metrics(), known);
}

#[tokio::test]
async fn an_event_that_does_not_decode_is_a_failure() {
    let lambda = binary!("function").args(["strict"]).start().await;
    for event in [json!({ "items": 1 }), json!([])] {
        let outcome = lambda.invoke(event).await;
        assert!(!outcome.is_ok());
        assert_eq!(counts(&lambda, &outcome).await, [1, 1]);
    }
}

#[tokio::test]
async fn a_response_that_does_not_serialise_is_a_failure() {
    let lambda = binary!("function").start().await;
    let event = events::with(events::rest(), "respond_unserialisable");
    lambda.invoke(event).await;
    lambda.exited().await;
    let metrics = lambda.agent().unwrap().metrics();
    assert_eq!(
        ["invocations", "errors"].map(|name| count(&metrics, name)),
        [1, 1]
    );
}

/// The runtime does not outlive these, but their trace does.
#[tokio::test]
async fn what_ends_the_runtime_is_a_failure() {
    for (function, event, kind, message) in [
        (
            binary!("function").args(["eager"]),
            json!({ "decode": "panic" }),
            "panic",
            "a bug in Deserialize",
        ),
        (
            binary!("function"),
            events::task(json!({ "respond_panicking": "a bug in Serialize" })),
            "panic",
            "a bug in Serialize",
        ),
        (
            binary!("dropped").args(["run"]),
            json!({}),
            "dropped",
            "the invocation was dropped before it ended",
        ),
    ] {
        let lambda = function.start().await;
        lambda.invoke(event).await;
        lambda.exited().await;
        let agent = lambda.agent().unwrap();
        let traces = agent.traces();
        assert_eq!(traces.len(), 1, "{message}");
        let span = traces[0].span("aws.lambda");
        assert_eq!(span.tag("error.type"), Some(kind), "{message}");
        assert_eq!(span.tag("error.message"), Some(message));
        if kind == "panic" {
            let stack = span.tag("error.stack").unwrap();
            assert!(stack.starts_with("at tests/src/"), "{stack}");
        }
        let metrics = agent.metrics();
        assert_eq!(
            ["invocations", "errors"].map(|name| count(&metrics, name)),
            [1, 1],
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_error_whose_conversion_panics_is_a_failure() {
    let lambda = binary!("function").args(["unconvertible"]).start().await;
    for _ in 0..2 {
        let outcome = lambda.invoke(json!({})).await;
        assert!(!outcome.is_ok());
        let trace = outcome.trace().await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("error.type"), Some("panic"));
        assert_eq!(span.tag("error.message"), Some("a bug in From"));
        assert_eq!(counts(&lambda, &outcome).await, [1, 1]);
    }
}

#[tokio::test]
async fn a_timeout_is_a_failure() {
    for task in ["hang", "block"] {
        let lambda = early(binary!("function")).start().await;
        let invocation = lambda.invocation().deadline(DEADLINE);
        invocation.event(events::task(task)).send().await;
        let metrics = lambda.agent().unwrap().metrics();
        assert_eq!(
            ["invocations", "errors"].map(|name| count(&metrics, name)),
            [1, 1]
        );
    }
}

#[tokio::test]
async fn what_fails_after_it_counted_as_timed_out_is_counted_once() {
    let (lambda, outcome) = outlive(binary!("function"), "fail_at").await;
    assert!(!outcome.is_ok());
    assert_eq!(counts(&lambda, &outcome).await, [1, 1]);
}

#[tokio::test]
async fn a_handler_that_is_dropped_is_a_failure() {
    for function in [binary!("dropped"), binary!("dropped").args(["layered"])] {
        let lambda = function.start().await;
        let outcome = lambda.invoke(json!({})).await;
        assert_eq!(outcome.response(), &json!("too late"));
        let trace = outcome.trace().await;
        assert_eq!(trace.span("aws.lambda").tag("error.type"), Some("dropped"));
        assert_eq!(counts(&lambda, &outcome).await, [1, 1]);
    }
}

/// Whose end nobody sees.
#[tokio::test]
async fn an_invocation_that_has_waited_is_counted_whatever_becomes_of_it() {
    for function in [binary!("function"), binary!("layered"), binary!("plain")] {
        let lambda = function.start().await;
        let mut gate = Gate::closed().await;
        let event = events::task(json!({ "exit_at": gate.address() }));
        let sent = lambda.invoke(event);
        let waited = async {
            gate.wait_for(1).await;
            gate.open();
        };
        tokio::join!(sent, waited);
        assert_eq!(lambda.exited().await, Some(3));
        let metrics = lambda.agent().unwrap().metrics();
        assert_eq!(count(&metrics, "invocations"), 1, "{metrics:?}");
    }
}

#[tokio::test]
async fn without_an_agent_they_are_lines_of_the_log() {
    let lambda = binary!("function").agent(false).start().await;
    let outcome = lambda.invoke(events::task(json!({ "fail": "no" }))).await;
    let logs = outcome.logs().await;
    let lines = logs
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let metrics: Vec<Value> = lines.filter(|line| line.get("m").is_some()).collect();
    let names: Vec<_> = metrics.iter().map(|line| &line["m"]).collect();
    assert_eq!(
        names,
        [
            "aws.lambda.enhanced.invocations",
            "aws.lambda.enhanced.errors"
        ]
    );
    for line in metrics {
        assert_eq!(line["v"], 1);
        let tags = line["t"].as_array().unwrap();
        assert!(
            tags.contains(&json!("functionname:test-function")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn they_can_be_turned_off() {
    let lambda = binary!("function")
        .env("DD_ENHANCED_METRICS", "false")
        .start()
        .await;
    let outcome = lambda.invoke(events::task(json!({ "fail": "no" }))).await;
    assert_eq!(counts(&lambda, &outcome).await, [0, 0]);
}

#[tokio::test]
async fn an_error_that_cannot_be_printed_is_still_an_error() {
    let lambda = binary!("function").args(["unprintable"]).start().await;
    let outcome = lambda.invoke(json!({})).await;
    let error = outcome.error().unwrap();
    assert_eq!(
        (&*error.error_type, &*error.message),
        ("Odd", "said by the conversion")
    );
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Odd"));
    assert_eq!(span.tag("error.message"), Some("said by the conversion"));
    assert_eq!(counts(&lambda, &outcome).await, [1, 1]);
    assert!(!lambda.invoke(json!({})).await.is_ok(), "it lives on");
}
