//! The response goes out first, then the trace, and only then the function asks for its next event.

use ddlambda::testing::{Agent, Binary, Lambda};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::journal::Places;
use ddlambda_tests::proxy::Proxy;
use ddlambda_tests::{binary, events};
use serde_json::json;

/// Invokes the function with `task` and checks the order.
async fn check(lambda: &Lambda, task: serde_json::Value) {
    let outcome = lambda.invoke(events::with(events::rest(), task)).await;
    let places = Places::of(lambda, &outcome).await;
    assert!(
        places.sent < places.answered
            && places.answered < places.traced
            && places.traced < places.next,
        "{places:?}: {:#?}",
        lambda.journal()
    );
}

#[tokio::test]
async fn the_response_then_the_trace_then_the_next_event() {
    let functions: [Binary; 4] = [
        binary!("function"),
        binary!("layered"),
        binary!("concurrent"),
        binary!("concurrent").env("AWS_LAMBDA_MAX_CONCURRENCY", "1"),
    ];
    for function in functions {
        let lambda = function.start().await;
        for task in [
            json!({ "respond": { "statusCode": 200 } }),
            json!({ "fail": "no stock" }),
            json!({ "panic": "a bug" }),
        ] {
            check(&lambda, task).await;
        }
    }
}

#[tokio::test]
async fn a_handler_on_requests_keeps_the_order() {
    let lambda = binary!("http").start().await;
    let mut event = events::rest();
    for body in [r#"{"do":{"respond":201}}"#, r#"{"do":{"fail":"no"}}"#] {
        event["body"] = body.into();
        let outcome = lambda.invoke(&event).await;
        let places = Places::of(&lambda, &outcome).await;
        assert!(places.answered < places.traced && places.traced < places.next);
    }
}

#[tokio::test]
async fn an_invocation_is_one_request() {
    let lambda = binary!("function").start().await;
    let agent = lambda.agent().unwrap();
    for number in 1..=5 {
        let event = events::with(events::rest(), json!({ "spans": "nested" }));
        let trace = lambda.invoke(event).await.trace().await;
        let names: Vec<&str> = trace.spans().iter().map(|span| &*span.name).collect();
        for name in ["aws.apigateway", "aws.lambda", "outer", "inner"] {
            assert!(names.contains(&name), "{names:?}");
        }
        assert_eq!(agent.requests().len(), number);
    }
    for request in agent.requests() {
        assert_eq!((&*request.method, &*request.path), ("POST", "/v0.4/traces"));
        assert_eq!(request.header("content-type"), Some("application/msgpack"));
        assert_eq!(request.header("x-datadog-trace-count"), Some("1"));
        assert_eq!(request.header("datadog-meta-lang"), Some("rust"));
    }
}

#[tokio::test]
async fn one_connection_serves_all_invocations() {
    let agent = Agent::start();
    let proxy = Proxy::start(&agent);
    let function = binary!("function").env("DD_TRACE_AGENT_URL", proxy.url());
    let lambda = function.agent(false).start().await;
    for _ in 0..5 {
        lambda.invoke(json!({})).await.next_requested().await;
    }
    assert_eq!((agent.traces().len(), proxy.connections()), (5, 1));
}

#[tokio::test]
async fn a_stream_is_over_before_the_trace() {
    let lambda = binary!("function").args(["streaming"]).start().await;
    let mut gate = Gate::closed().await;
    let event = events::with(events::rest(), gate.task());
    let invocation = lambda.invocation().event(event).send();
    let agent = lambda.agent().unwrap();
    let meanwhile = async {
        gate.wait_for(1).await;
        // The response is under way, the trace is not.
        let requests = agent.requests().len();
        gate.open();
        requests
    };
    let (outcome, requests) = tokio::join!(invocation, meanwhile);
    assert_eq!(requests, 0);
    assert_eq!(outcome.body(), b"first last");
    assert_eq!(outcome.prelude().unwrap()["statusCode"], 418);
    let places = Places::of(&lambda, &outcome).await;
    assert!(places.answered < places.traced && places.traced < places.next);
    let trace = outcome.trace().await;
    for name in ["aws.lambda", "aws.apigateway"] {
        assert_eq!(trace.span(name).tag("http.status_code"), Some("418"));
    }
}
