//! Lambda stops the process as soon as it asks for its next event: what has not left by then would be late or lost.

use ddlambda::testing::{Event, Lambda};
use ddlambda_tests::{binary, events};
use serde_json::json;

const INVOCATIONS: usize = 1_000;

/// The place of a moment in the journal.
fn place(lambda: &Lambda, is: impl Fn(&Event) -> bool) -> usize {
    let journal = lambda.journal();
    let found = journal.iter().position(|moment| is(&moment.event));
    found.unwrap_or_else(|| panic!("{journal:#?}"))
}

#[tokio::test]
async fn no_trace_is_late_or_lost_when_the_process_stands_still() {
    let lambda = binary!("function").freezes(true).start().await;
    let tasks = [
        json!({ "spans": "nested" }),
        json!({ "fail": "no stock" }),
        json!({ "panic": "a bug" }),
    ];
    for number in 0..INVOCATIONS {
        lambda.forget();
        let task = tasks[if number % 50 < 2 { 1 + number % 50 } else { 0 }].clone();
        let outcome = lambda.invoke(events::with(events::rest(), task)).await;
        outcome.next_requested().await;
        let traced = place(
            &lambda,
            |event| matches!(event, Event::TraceReceived { request_id: Some(id), .. } if id == outcome.request_id()),
        );
        assert!(traced < place(&lambda, |event| *event == Event::NextRequested));
        // Nothing else has come meanwhile.
        let agent = lambda.agent().unwrap();
        assert_eq!((agent.requests().len(), agent.traces().len()), (1, 1));
    }
}

#[tokio::test]
async fn the_process_stands_still_until_there_is_an_event() {
    let lambda = binary!("function").freezes(true).start().await;
    let outcome = lambda.invoke(json!({})).await;
    assert!(outcome.is_ok());
    let frozen = place(&lambda, |event| *event == Event::Frozen);
    let thawed = place(&lambda, |event| *event == Event::Thawed);
    let answered = place(&lambda, |event| {
        matches!(event, Event::ResponseReceived { .. })
    });
    assert!(frozen < thawed && thawed < answered);
}

#[tokio::test]
async fn what_ends_between_invocations_comes_with_the_next() {
    let lambda = binary!("function").freezes(true).start().await;
    let first = lambda
        .invoke(events::task(json!({ "spans": "outliving" })))
        .await;
    first.next_requested().await;
    let second = lambda
        .invoke(events::task(json!({ "spans": "finish" })))
        .await;
    second.next_requested().await;
    let root = first.trace().await.span("aws.lambda").clone();
    let traces = lambda.traces();
    let own = traces
        .iter()
        .find(|trace| trace.trace_id() == root.trace_id);
    let late = own.unwrap().span("outliving");
    assert_eq!(late.parent_id, root.span_id);
}
