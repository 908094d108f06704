//! The end of a sandbox.

use ddlambda::testing::{AgentBehavior, Lambda};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events};
use serde_json::json;

#[tokio::test]
async fn what_is_left_is_sent_at_the_end() {
    let lambda = binary!("function").start().await;
    let gate = Gate::closed().await;
    let task = json!({ "leave_at": gate.address() });
    let trace = lambda.invoke(events::task(task)).await.trace().await;
    assert_eq!(trace.find("left"), None);
    let agent = lambda.agent().unwrap().clone();
    // It ends after its invocation, and no other comes.
    gate.open();
    while !lambda
        .logs()
        .iter()
        .any(|line| line.contains("left is over"))
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.requests().len(), 1);
    lambda.terminate();
    assert_eq!(lambda.exited().await, Some(0));
    assert_eq!(agent.requests().len(), 2);
    let traces = agent.traces();
    assert_eq!(traces.len(), 1);
    let left = traces[0].span("left");
    traces[0].assert_parent(left, traces[0].span("aws.lambda"));
}

/// The background sends within a second: sooner, where the sandbox ends, or the runtime.
#[tokio::test]
async fn what_waits_for_the_background_is_sent_at_the_end() {
    let lambda = binary!("function").start().await;
    let task = json!({ "beside": { "spans": "nested" } });
    lambda
        .invoke(events::task(task))
        .await
        .next_requested()
        .await;
    lambda.terminate();
    assert_eq!(lambda.exited().await, Some(0));
    check_beside(&lambda);

    let lambda = binary!("function").start().await;
    let task = json!({ "beside": "respond_unserialisable" });
    lambda.invoke(events::task(task)).await;
    lambda.exited().await;
    check_beside(&lambda);
}

fn check_beside(lambda: &Lambda) {
    let traces = lambda.agent().unwrap().traces();
    assert!(traces.iter().any(|trace| trace.find("beside").is_some()));
}

#[tokio::test]
async fn what_an_agent_does_not_take_at_the_end_is_said() {
    let lambda = binary!("function").start().await;
    let task = json!({ "beside": { "spans": "nested" } });
    let outcome = lambda.invoke(events::task(task)).await;
    outcome.next_requested().await;
    lambda.agent().unwrap().set_behavior(AgentBehavior::Hang);
    lambda.terminate();
    lambda.exited().await;
    let logs = lambda.logs();
    let mut said = logs.iter().filter(|line| line.contains("lost"));
    assert!(said.next().is_some_and(|line| line.contains("lost=3")));
    assert_eq!(said.next(), None, "{logs:?}");
}

#[tokio::test]
async fn with_nothing_left_nothing_is_sent() {
    for function in [
        binary!("function"),
        binary!("http"),
        binary!("concurrent").env("AWS_LAMBDA_MAX_CONCURRENCY", "4"),
    ] {
        let lambda = function.start().await;
        lambda.invoke(json!({})).await.next_requested().await;
        lambda.terminate();
        assert_eq!(lambda.exited().await, Some(0));
        assert_eq!(lambda.agent().unwrap().requests().len(), 1);
    }
}

#[tokio::test]
async fn without_tracing_the_signal_is_the_process_s_own() {
    let lambda = binary!("function")
        .env("DD_TRACE_ENABLED", "false")
        .start()
        .await;
    lambda.terminate();
    assert_eq!(lambda.exited().await, None);
}

#[tokio::test]
async fn an_invocation_under_way_is_told_as_far_as_it_came() {
    let lambda = binary!("function").start().await;
    let invocation = lambda.invocation().event(events::task("hang"));
    let invocation = tokio::spawn(invocation.send());
    while !lambda
        .journal()
        .iter()
        .any(|moment| moment.to_string().contains("EventSent"))
    {
        tokio::task::yield_now().await;
    }
    lambda.terminate();
    assert!(!invocation.await.unwrap().is_ok());
    let traces = lambda.agent().unwrap().traces();
    assert_eq!(
        traces[0].span("aws.lambda").tag("error.type"),
        Some("dropped")
    );
}
