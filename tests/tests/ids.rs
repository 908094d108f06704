//! Ids that nobody else has.

use std::collections::HashSet;

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events};
use serde_json::json;

const SPANS: usize = 500;

async fn trace(lambda: &Lambda) -> Trace {
    let event = events::task(json!({ "spans": { "many": SPANS } }));
    lambda.invoke(event).await.trace().await
}

#[tokio::test]
async fn processes_draw_different_ids() {
    let function = |kind: &str| binary!("function").env("AWS_LAMBDA_INITIALIZATION_TYPE", kind);
    // All at once, and two of them with a new seed for each invocation.
    let (a, b, c, d) = tokio::join!(
        function("on-demand").start(),
        function("on-demand").start(),
        function("snap-start").start(),
        function("snap-start").start(),
    );
    let mut traces = Vec::new();
    for _ in 0..2 {
        let (a, b, c, d) = tokio::join!(trace(&a), trace(&b), trace(&c), trace(&d));
        traces.extend([a, b, c, d]);
    }
    let ids: Vec<u64> = traces
        .iter()
        .flat_map(|trace| trace.spans())
        .map(|span| span.span_id)
        .collect();
    assert!(ids.len() > 8 * SPANS && !ids.contains(&0));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    let traces: HashSet<u64> = traces
        .iter()
        .map(|trace| trace.root().trace_id as u64)
        .collect();
    assert!(traces.len() == 8 && !traces.contains(&0));
}

#[tokio::test]
async fn invocations_at_once_draw_different_ids() {
    const AT_ONCE: usize = 8;
    let function = binary!("concurrent").env("AWS_LAMBDA_MAX_CONCURRENCY", "8");
    let lambda = function.start().await;
    let mut gate = Gate::closed().await;
    let invocations = [(); AT_ONCE].map(|()| {
        let event = events::task(gate.task());
        tokio::spawn(lambda.invocation().event(event).send())
    });
    // All have begun, and now all go on at once.
    gate.wait_for(AT_ONCE).await;
    gate.open();
    for invocation in invocations {
        invocation.await.unwrap();
    }
    let many = [(); AT_ONCE].map(|()| {
        let lambda = lambda.clone();
        tokio::spawn(async move { trace(&lambda).await })
    });
    let mut ids = HashSet::new();
    let mut spans = 0;
    for trace in many {
        let trace = trace.await.unwrap();
        spans += trace.spans().len();
        ids.extend(trace.spans().iter().map(|span| span.span_id));
    }
    assert!(spans > AT_ONCE * SPANS);
    assert_eq!(ids.len(), spans);
    let traces: HashSet<u128> = lambda.traces().iter().map(Trace::trace_id).collect();
    assert_eq!(traces.len(), 2 * AT_ONCE);
}

#[tokio::test]
async fn a_trace_id_has_64_bits_if_told_so() {
    for (value, high) in [("true", true), ("false", false)] {
        let name = "DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED";
        let lambda = binary!("function").env(name, value).start().await;
        let trace = lambda.invoke(json!({})).await.trace().await;
        let root = trace.root();
        assert_eq!(root.trace_id >> 64 != 0, high);
        assert_eq!(root.tag("_dd.p.tid").is_some(), high);
        assert_ne!(root.trace_id as u64, 0);
    }
}
