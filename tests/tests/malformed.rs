//! Events that are not quite those of AWS: the function answers, and there is one trace for each.

use std::collections::BTreeSet;

use ddlambda::testing::{Lambda, Span, Trace};
use ddlambda_tests::conformance::fixtures;
use ddlambda_tests::variants::{enlarged, variants};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// One of so many variants is sent; which ones, differs from fixture to fixture.
const SAMPLE: usize = 17;
/// Two thirds of what Lambda takes; more would not tell more, but take longer.
const LARGEST: usize = 4_000_000;

#[tokio::test]
async fn events_with_one_fault_are_normal_invocations() {
    let mut sent = 0;
    for (number, fixture) in fixtures().iter().enumerate() {
        // One function each, since the kit remembers every event that a function had.
        let lambda = start().await;
        let event: Value = serde_json::from_str(fixture.event.get()).unwrap();
        let variants = variants(&event).into_iter();
        for (what, event) in variants.skip(number % SAMPLE).step_by(SAMPLE) {
            check(&lambda, &format!("{}, {what}", fixture.name), &event).await;
            sent += 1;
        }
    }
    assert!(sent > 400, "{sent} events");
}

#[tokio::test]
async fn large_batches_are_normal_invocations() {
    let lambda = start().await;
    let mut known = BTreeSet::new();
    for fixture in fixtures() {
        let event: Value = serde_json::from_str(fixture.event.get()).unwrap();
        for (place, event) in enlarged(&event, 10_000, LARGEST) {
            let source = ["eventSource", "EventSource"]
                .map(|name| event.pointer(&format!("{place}/0/{name}")).cloned());
            if known.insert(format!("{place} {source:?}")) {
                let trace = check(&lambda, &format!("{}, {place}", fixture.name), &event).await;
                // Every record is pointed to, but only so many contexts are linked.
                let contexts = |span: &Span| {
                    let links = span.links.iter();
                    links.filter(|link| link.trace_id != 0).count()
                };
                let links = trace.spans().iter().map(contexts);
                assert!(links.max() <= Some(128), "{}", fixture.name);
            }
        }
    }
    assert!(!known.is_empty());
}

/// A function that has had its first invocation.
async fn start() -> Lambda {
    let lambda = binary!("function").start().await;
    lambda.invoke(json!({})).await;
    lambda
}

async fn check(lambda: &Lambda, name: &str, event: &Value) -> Trace {
    let response = json!({ "statusCode": 200, "body": name });
    let (event, expected) = match event {
        Value::Object(_) => {
            let event = events::with(event.clone(), json!({ "respond": response }));
            (event, &response)
        }
        other => (other.clone(), &Value::Null),
    };
    let outcome = lambda.invoke(&event).await;
    assert_eq!(outcome.response(), expected, "{name}");
    outcome.next_requested().await;
    let trace = outcome.trace().await;
    let functions = trace
        .spans()
        .iter()
        .filter(|span| span.name == "aws.lambda");
    let ids: Vec<_> = functions.map(|span| span.tag("request_id")).collect();
    assert_eq!(ids, [Some(outcome.request_id())], "{name}:\n{trace}");
    assert!(
        !trace.spans().iter().any(|span| span.error),
        "{name}:\n{trace}"
    );
    assert!(trace.spans().len() <= 4, "{name}:\n{trace}");
    trace
}
