//! Many invocations at once, as on Lambda Managed Instances.

use std::collections::HashSet;

use ddlambda::testing::{Lambda, Outcome};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

const AT_ONCE: usize = 8;

async fn start(at_once: &str) -> Lambda {
    let function = binary!("concurrent")
        .env("AWS_LAMBDA_MAX_CONCURRENCY", at_once)
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    function.start().await
}

/// So many invocations, all of which have begun before the first one goes on. Half of them continue a trace.
async fn together(lambda: &Lambda) -> Vec<Outcome> {
    let mut gate = Gate::closed().await;
    let invocations: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let mut event = events::task(json!({ "wait_within": gate.address() }));
            if number % 2 == 0 {
                let trace_id = (number + 70).to_string();
                event["_datadog"] =
                    json!({ "x-datadog-trace-id": trace_id, "x-datadog-parent-id": "5" });
            }
            tokio::spawn(lambda.invocation().event(event).send())
        })
        .collect();
    gate.wait_for(AT_ONCE).await;
    gate.open();
    let mut outcomes = Vec::new();
    for invocation in invocations {
        outcomes.push(invocation.await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn each_invocation_has_its_own_trace() {
    let lambda = start("8").await;
    let (mut traces, mut cold) = (HashSet::new(), 0);
    for round in 0..2 {
        for (number, outcome) in together(&lambda).await.iter().enumerate() {
            let trace = outcome.trace().await;
            let root = trace.span("aws.lambda");
            assert_eq!(root.tag("request_id"), Some(outcome.request_id()));
            if number % 2 == 0 {
                assert_eq!((root.trace_id, root.parent_id), (number as u128 + 70, 5));
            } else {
                assert_eq!(root.parent_id, 0);
                assert!(traces.insert(root.trace_id));
            }
            let own = |name: &str| {
                let mut spans = trace.spans().iter().filter(|span| span.name == name);
                (spans.next().unwrap().clone(), spans.count())
            };
            // A trace that is continued in both rounds has arrived twice; each invocation is in it once.
            let ((outer, others), (inner, _)) = (own("outer"), own("inner"));
            assert_eq!(others, 0, "round {round}: {trace}");
            trace.assert_parent(&outer, root);
            trace.assert_parent(&inner, &outer);

            // What was active in the handler is what has arrived.
            let response = outcome.response();
            assert_eq!(response["trace_id"], format!("{:032x}", root.trace_id));
            assert_eq!(response["span_id"], inner.span_id);
            cold += usize::from(root.tag("cold_start") == Some("true"));
        }
    }
    assert_eq!(cold, 1);
    assert_eq!(lambda.agent().unwrap().requests().len(), 2 * AT_ONCE);
}

#[tokio::test]
async fn each_log_line_belongs_to_its_invocation() {
    let lambda = start("8").await;
    let outcomes = together(&lambda).await;
    let mut ids = HashSet::new();
    for outcome in &outcomes {
        outcome.trace().await;
    }
    for line in lambda.logs() {
        let line: Value = serde_json::from_str(&line).unwrap();
        if line["message"] != "through the gate" {
            continue;
        }
        let outcome = outcomes
            .iter()
            .find(|outcome| line["requestId"] == outcome.request_id())
            .unwrap();
        let trace = outcome.trace().await;
        let inner = trace.span("inner");
        assert_eq!(line["dd.span_id"], inner.span_id.to_string());
        assert!(ids.insert(inner.span_id));
    }
    assert_eq!(ids.len(), AT_ONCE);
}

#[tokio::test]
async fn errors_and_panics_stay_with_their_invocation() {
    let lambda = start("8").await;
    let tasks = [
        json!({ "fail": "no stock" }),
        json!({ "panic": "a bug" }),
        json!("nothing"),
        json!({ "decline": 3 }),
    ];
    let invocations: Vec<_> = (0..40)
        .map(|number| {
            let event = events::task(tasks[number % tasks.len()].clone());
            tokio::spawn(lambda.invocation().event(event).send())
        })
        .collect();
    let messages = [
        Some("no stock"),
        Some("a bug"),
        None,
        Some("the card was declined with code 3"),
    ];
    for (number, invocation) in invocations.into_iter().enumerate() {
        let trace = invocation.await.unwrap().trace().await;
        let span = trace.span("aws.lambda");
        let message = messages[number % messages.len()];
        assert_eq!(span.tag("error.message"), message);
        assert_eq!(span.error, message.is_some());
    }
}

#[tokio::test]
async fn without_the_setting_there_is_one_at_a_time() {
    let lambda = binary!("concurrent").start().await;
    for _ in 0..3 {
        let outcome = lambda
            .invoke(events::task(json!({ "spans": "nested" })))
            .await;
        let trace = outcome.trace().await;
        trace.assert_parent(trace.span("outer"), trace.span("aws.lambda"));
    }
}
