//! Whatever the event is, the invocation is a normal one.

use std::path::Path;

use ddlambda::testing::Lambda;
use ddlambda_tests::mutate::{self, Numbers};
use ddlambda_tests::{binary, events};
use serde_json::json;

/// Both answer alike, and the trace of the invocation arrives.
async fn check(name: &str, traced: &Lambda, untraced: &Lambda, event: &[u8]) {
    let outcome = traced.invocation().bytes(event).send().await;
    let expected = untraced.invocation().bytes(event).send().await;
    assert_eq!(outcome.error(), expected.error(), "{name}");
    assert_eq!(outcome.body(), expected.body(), "{name}");
    outcome.next_requested().await;
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("request_id"), Some(outcome.request_id()), "{name}");
    assert_eq!(span.error, !outcome.is_ok(), "{name}");
    assert_ne!(trace.trace_id(), 0, "{name}");
}

async fn functions() -> [Lambda; 2] {
    [
        binary!("function").start().await,
        binary!("function")
            .env("DD_TRACE_ENABLED", "false")
            .start()
            .await,
    ]
}

#[tokio::test]
async fn every_event_of_the_corpus_is_a_normal_invocation() {
    let [traced, untraced] = functions().await;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut count = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let path = file.unwrap().path();
        let event = std::fs::read(&path).unwrap();
        check(&path.display().to_string(), &traced, &untraced, &event).await;
        count += 1;
    }
    assert!(count >= 30, "{count} files");
    // Both functions have lived through all of it.
    assert!(traced.invoke(json!({})).await.is_ok());
}

#[tokio::test]
async fn deep_and_huge_events_are_normal_invocations() {
    let [traced, untraced] = functions().await;
    let long = "x".repeat(5_000_000);
    let many: Vec<_> = (0..20_000)
        .map(|_| json!({ "eventSource": "aws:sqs" }))
        .collect();
    let events = [
        mutate::nested("[", "]", 100_000, true),
        mutate::nested("[", "]", 100_000, false),
        mutate::nested("{\"a\":", "}", 100_000, true),
        mutate::nested("{\"_datadog\":", "}", 100_000, false),
        mutate::nested("{\"requestContext\":", "}", 100_000, true),
        mutate::nested("{\"Records\":[", "]}", 50_000, true),
        mutate::nested("[", "]", 120, true),
        json!({ "_datadog": long }).to_string().into_bytes(),
        json!({ "headers": { "x-datadog-trace-id": "9".repeat(1_000_000) } })
            .to_string()
            .into_bytes(),
        json!({ "requestContext": { "stage": long }, "httpMethod": "GET" })
            .to_string()
            .into_bytes(),
        json!({ "Records": many }).to_string().into_bytes(),
        vec![b' '; 1_000_000],
        vec![b'"'; 1_000_000],
        vec![b'\\'; 1_000_000],
        vec![0; 1_000],
    ];
    for (number, event) in events.iter().enumerate() {
        check(&number.to_string(), &traced, &untraced, event).await;
    }
}

#[tokio::test]
async fn mutated_events_are_normal_invocations() {
    let [traced, untraced] = functions().await;
    for (seed, event) in events::samples().iter().enumerate() {
        let mut numbers = Numbers::new(seed as u64);
        for number in 0..5 {
            let event = mutate::mutate(event, &mut numbers);
            let name = String::from_utf8_lossy(&event).into_owned();
            check(
                &format!("{seed}.{number}: {name}"),
                &traced,
                &untraced,
                &event,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_response_may_be_anything() {
    let [traced, untraced] = functions().await;
    for response in [
        json!(null),
        json!([]),
        json!({ "statusCode": null }),
        json!({ "statusCode": {} }),
        json!({ "statusCode": -1 }),
        json!({ "statusCode": 1e300 }),
        json!({ "statusCode": "5xx and more" }),
        json!({ "statusCode": [[500]] }),
        json!("x".repeat(1_000_000)),
    ] {
        let event = events::with(events::rest(), json!({ "respond": response }));
        check(
            "a response",
            &traced,
            &untraced,
            event.to_string().as_bytes(),
        )
        .await;
    }
}
