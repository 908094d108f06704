//! Memory, and what is too much.

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

fn count(trace: &Trace, name: &str) -> usize {
    trace
        .spans()
        .iter()
        .filter(|span| span.name == name)
        .count()
}

async fn spans(lambda: &Lambda, which: Value) -> ddlambda::testing::Outcome {
    lambda.invoke(events::task(json!({ "spans": which }))).await
}

/// A function whose agent has the time to read what is large, however slow the machine.
async fn patient() -> Lambda {
    let function = binary!("function").env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30");
    function.start().await
}

/// The resident memory of the function in KiB.
async fn resident(lambda: &Lambda) -> u64 {
    let outcome = lambda.invoke(events::task("memory")).await;
    let resident = outcome.response().as_u64().unwrap();
    assert!(resident > 0, "the kernel tells no memory");
    resident
}

async fn check_memory(function: ddlambda::testing::Binary) {
    let lambda = function.start().await;
    let work = events::with(events::rest(), json!({ "spans": "nested" }));
    let failure = events::with(events::sqs_batch(), json!({ "fail": "no stock" }));
    let invoke = async |times: usize| {
        for number in 0..times {
            let event = if number % 10 == 0 { &failure } else { &work };
            lambda.invoke(event).await;
        }
    };
    invoke(200).await;
    let before = resident(&lambda).await;
    invoke(1_000).await;
    let growth = resident(&lambda).await.saturating_sub(before);
    assert!(growth <= 512, "{growth} KiB more after 1,000 invocations");
}

#[tokio::test]
async fn a_thousand_invocations_need_no_more_memory() {
    check_memory(binary!("function")).await;
}

#[tokio::test]
async fn nor_do_they_without_an_agent_to_take_the_spans() {
    let function = binary!("function").agent(false);
    check_memory(function.env("DD_TRACE_AGENT_URL", "http://127.0.0.1:9")).await;
}

#[tokio::test]
async fn a_flood_of_spans_is_cut_and_counted() {
    let lambda = patient().await;
    let outcome = spans(&lambda, json!({ "many": 25_000 })).await;
    assert!(outcome.is_ok());
    let trace = outcome.trace().await;
    assert_eq!(count(&trace, "one"), 20_000);
    let span = trace.span("aws.lambda");
    assert_eq!(span.metric("_dd.ddlambda.dropped_spans"), Some(5_000.0));
    let logs = outcome.logs().await;
    let said = logs.iter().filter(|line| line.contains("dropped=5000"));
    assert_eq!(said.count(), 1, "{logs:?}");

    let trace = lambda.invoke(json!({})).await.trace().await;
    assert_eq!(trace.spans().len(), 1);
}

#[tokio::test]
async fn late_spans_are_bounded_and_counted() {
    let lambda = patient().await;
    let first = spans(&lambda, json!({ "keep": 5_000 })).await;
    first.next_requested().await;
    let second = spans(&lambda, json!("drop")).await;
    assert!(second.is_ok());
    let logs = second.logs().await;
    let said = logs.iter().filter(|line| line.contains("dropped=4000"));
    assert_eq!(said.count(), 1, "{logs:?}");
    let trace = first.trace().await;
    assert_eq!(count(&trace, "kept"), 1_000);
    let root = trace.span("aws.lambda");
    assert!(trace
        .spans()
        .iter()
        .all(|span| span.trace_id == root.trace_id));
    assert_eq!(count(&second.trace().await, "kept"), 0);
}

#[tokio::test]
async fn a_large_trace_arrives_whole_in_several_requests() {
    let lambda = patient().await;
    let event = events::with(
        events::rest(),
        json!({ "spans": { "large": [500, 24_000] } }),
    );
    let outcome = lambda.invoke(event).await;
    let trace = outcome.trace().await;
    assert_eq!(count(&trace, "large"), 500);
    let mut numbers: Vec<_> = trace
        .spans()
        .iter()
        .filter_map(|span| span.metric("number"))
        .collect();
    numbers.sort_by(f64::total_cmp);
    assert!(numbers
        .iter()
        .enumerate()
        .all(|(index, number)| *number == index as f64));
    let root = trace.span("aws.lambda");
    for span in trace.spans().iter().filter(|span| span.name == "large") {
        assert_eq!(
            (span.trace_id, span.parent_id),
            (events::TRACE_ID, root.span_id)
        );
        assert_eq!(span.tag("text").map(str::len), Some(24_000));
    }

    let requests = lambda.agent().unwrap().requests();
    assert!(
        (3..10).contains(&requests.len()),
        "{} requests",
        requests.len()
    );
    assert!(requests
        .iter()
        .all(|request| request.body.len() < 6_000_000));
    // Each says on its first span what holds for all.
    let priorities = trace
        .spans()
        .iter()
        .filter_map(|span| span.metric("_sampling_priority_v1"));
    assert_eq!(priorities.count(), requests.len());
}

#[tokio::test]
async fn a_huge_tag_is_cut() {
    let lambda = patient().await;
    let trace = spans(&lambda, json!({ "large": [1, 20_000_000] }))
        .await
        .trace()
        .await;
    let text = trace.span("large").tag("text").unwrap();
    assert_eq!(text.len(), 25_003);
    assert!(text.ends_with("x..."));
}

#[tokio::test]
async fn a_flood_of_tags_is_cut_and_said_on_the_function() {
    let lambda = patient().await;
    let outcome = spans(&lambda, json!({ "wide": [100, 20_000] })).await;
    let trace = outcome.trace().await;
    let kept = trace.span("wide").meta.keys();
    let kept = kept.filter(|name| name.starts_with("tag.")).count();
    assert!((40..50).contains(&kept), "{kept}");
    let dropped = trace.span("aws.lambda").metric("_dd.ddlambda.dropped_tags");
    assert_eq!(dropped, Some((100 - kept) as f64));
    let logs = outcome.logs().await;
    assert_eq!(
        logs.iter()
            .filter(|line| line.contains("dropped_tags="))
            .count(),
        1,
        "{logs:?}"
    );
}

#[tokio::test]
async fn the_memory_of_an_invocations_spans_is_bounded() {
    let lambda = patient().await;
    let trace = spans(&lambda, json!({ "large": [2_000, 24_000] }))
        .await
        .trace()
        .await;
    let kept = count(&trace, "large");
    assert!((1_300..1_400).contains(&kept), "{kept}");
    let dropped = trace
        .span("aws.lambda")
        .metric("_dd.ddlambda.dropped_spans");
    assert_eq!(dropped, Some((2_000 - kept) as f64));
    let trace = lambda.invoke(json!({})).await.trace().await;
    assert_eq!(trace.spans().len(), 1);
}

#[tokio::test]
async fn a_flood_of_tags_of_the_function_is_cut_and_said() {
    let lambda = patient().await;
    let tags = (0..1_100).map(|number| (format!("tag.{number}"), "x".repeat(1_000).into()));
    let tags: serde_json::Map<String, Value> = tags.collect();
    let event = events::task(json!({ "fail_tagged": tags }));
    let trace = lambda.invoke(event).await.trace().await;
    let span = trace.span("aws.lambda");
    let kept = span.meta.keys().filter(|name| name.starts_with("tag."));
    let kept = kept.count();
    assert!((950..1_000).contains(&kept), "{kept}");
    let dropped = span.metric("_dd.ddlambda.dropped_tags");
    assert_eq!(dropped, Some((1_100 - kept) as f64));
    assert_eq!(span.tag("error.message"), Some("no stock"));
    assert!(span.tag("error.type").is_some() && span.tag("request_id").is_some());
}

#[tokio::test]
async fn a_flood_of_links_is_cut_and_counted() {
    let lambda = patient().await;
    let outcome = spans(&lambda, json!({ "linked": 200 })).await;
    let trace = outcome.trace().await;
    assert_eq!(trace.span("linked").links.len(), 128);
    let root = trace.span("aws.lambda");
    assert_eq!(root.metric("_dd.ddlambda.dropped_links"), Some(72.0));
    let logs = outcome.logs().await;
    let said = logs.iter().filter(|line| line.contains("dropped_links=72"));
    assert_eq!(said.count(), 1, "{logs:?}");
}
