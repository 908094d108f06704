//! `DD_TRACE_ENABLED=false` leaves metrics, and else the function as if it were not instrumented.

use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

#[tokio::test]
async fn the_same_answers_and_nothing_else() {
    for value in ["false", "0", "False"] {
        let traced = binary!("function").start().await;
        let lambda = binary!("function")
            .env("DD_TRACE_ENABLED", value)
            .start()
            .await;
        for task in [
            json!("nothing"),
            json!({ "respond": { "statusCode": 200 } }),
            json!({ "fail": "no stock" }),
            json!({ "decline": 3 }),
            json!({ "panic": "a bug" }),
            json!({ "spans": "nested" }),
            json!({ "spans": "outliving" }),
            json!({ "spans": "finish" }),
            json!({ "spans": "tags" }),
        ] {
            let event = events::with(events::rest(), task);
            let (with, without) = (traced.invoke(&event).await, lambda.invoke(&event).await);
            assert_eq!(with.error(), without.error());
            assert_eq!(with.body(), without.body());
        }
        lambda.invoke(json!({})).await.next_requested().await;
        assert!(lambda.agent().unwrap().requests().is_empty());
        assert!(lambda.traces().is_empty());
    }
}

#[tokio::test]
async fn nothing_is_told_to_others() {
    let lambda = binary!("function").env("DD_TRACE_ENABLED", "false");
    let event = json!({ "_datadog": events::headers(), "do": { "context": "headers" } });
    let outcome = lambda.start().await.invoke(event).await;
    let nothing = json!({ "headers": {}, "trace_id": null, "span_id": null });
    assert_eq!(
        outcome.response(),
        &json!({ "handler": nothing, "child": nothing })
    );
}

#[tokio::test]
async fn logs_go_on_without_ids() {
    let function = binary!("function")
        .env("DD_TRACE_ENABLED", "false")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    let lambda = function.start().await;
    let outcome = lambda.invoke(events::task(json!({ "logs": "some" }))).await;
    let logs = outcome.logs().await;
    let lines: Vec<Value> = logs
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{logs:?}");
    for line in lines {
        let mut names = line.as_object().unwrap().keys();
        assert!(!names.any(|name| name.starts_with("dd.")), "{line}");
    }
}

#[tokio::test]
async fn every_way_to_run_is_quiet() {
    let functions = [
        binary!("plain"),
        binary!("layered"),
        binary!("concurrent"),
        binary!("http"),
        binary!("function").args(["extractor"]),
        binary!("function").agent(false),
    ];
    for function in functions {
        let function = function.env("DD_ENHANCED_METRICS", "false");
        let lambda = function.env("DD_TRACE_ENABLED", "false").start().await;
        for _ in 0..2 {
            let outcome = lambda.invoke(events::rest()).await;
            assert!(outcome.is_ok());
            assert_eq!(outcome.logs().await, [""; 0]);
        }
        let requests = lambda.agent().map(|agent| agent.requests().len());
        assert_eq!(requests.unwrap_or(0), 0);
    }
}

#[tokio::test]
async fn metrics_go_on() {
    for function in [binary!("function"), binary!("concurrent")] {
        let lambda = function.env("DD_TRACE_ENABLED", "false").start().await;
        let agent = lambda.agent().unwrap();
        for (number, (task, failures)) in [
            (json!("nothing"), 0),
            (json!({ "respond": { "statusCode": 503 } }), 1),
            (json!({ "fail": "no stock" }), 1),
            (json!({ "panic": "a bug" }), 1),
        ]
        .into_iter()
        .enumerate()
        {
            let outcome = lambda.invoke(events::with(events::rest(), task)).await;
            outcome.next_requested().await;
            let cold = format!(",cold_start:{},", number == 0);
            let metrics = agent.metrics();
            let count = |name: &str| {
                let start = format!("aws.lambda.enhanced.{name}:1|d|#");
                let is_it = |line: &&String| line.starts_with(&start) && line.contains(&cold);
                metrics.iter().filter(is_it).count()
            };
            assert_eq!(["invocations", "errors"].map(count), [1, failures]);
        }
        assert!(agent.requests().is_empty());
    }
    // Where failures are not seen, there is no count of invocations to compare theirs with.
    for function in [binary!("layered"), binary!("plain")] {
        let lambda = function.env("DD_TRACE_ENABLED", "false").start().await;
        let outcome = lambda.invoke(events::task(json!({ "fail": "no" }))).await;
        outcome.next_requested().await;
        assert_eq!(lambda.agent().unwrap().metrics(), [""; 0]);
    }
    let function = binary!("function").args(["strict"]);
    let lambda = function.env("DD_TRACE_ENABLED", "false").start().await;
    let outcome = lambda.invoke(json!({ "items": 1 })).await;
    outcome.next_requested().await;
    let metrics = lambda.agent().unwrap().metrics();
    assert!(
        metrics[1].starts_with("aws.lambda.enhanced.errors:1|"),
        "{metrics:?}"
    );
}
