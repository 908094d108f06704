//! Routers, and responses that go on after the handler.

use ddlambda::testing::{Agent, Binary, Lambda, Outcome, Trace};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::journal::Places;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

fn router(arguments: &[&str]) -> Binary {
    binary!("router")
        .args(arguments)
        .env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true")
}

fn request(path: &str) -> Value {
    let mut event = events::rest();
    event["path"] = path.into();
    event["httpMethod"] = "GET".into();
    event
}

async fn get(lambda: &Lambda, path: &str) -> (Outcome, Trace) {
    let outcome = lambda.invoke(request(path)).await;
    let trace = outcome.trace().await;
    (outcome, trace)
}

#[tokio::test]
async fn the_route_names_the_invocation() {
    for arguments in [&[][..], &["streaming"]] {
        let lambda = router(arguments).start().await;
        let (_, trace) = get(&lambda, "/orders/7").await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.resource, "GET /orders/{id}");
        assert_eq!(span.tag("http.route"), Some("/orders/{id}"));
        assert_eq!(span.tag("http.status_code"), Some("200"));
        // Of what is not routed nothing is known.
        let (_, trace) = get(&lambda, "/nowhere").await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.resource, "test-function");
        assert_eq!(span.tag("http.status_code"), Some("404"));
    }
}

/// Lets the stream go on once it waits; says when, and how many requests the agent had had by then.
async fn open(mut gate: Gate, agent: &Agent) -> (std::time::SystemTime, usize) {
    gate.wait_for(1).await;
    let opened = std::time::SystemTime::now();
    let requests = agent.requests().len();
    gate.open();
    (opened, requests)
}

#[tokio::test]
async fn the_span_lasts_to_the_last_byte() {
    let lambda = router(&["streaming"]).start().await;
    let gate = Gate::closed().await;
    let mut event = request("/whole");
    event["multiValueHeaders"]["x-gate"] = json!([gate.address()]);
    let invocation = lambda.invocation().event(event).send();
    let agent = lambda.agent().unwrap();
    let meanwhile = open(gate, agent);
    let (outcome, (opened, requests)) = tokio::join!(invocation, meanwhile);
    assert_eq!((outcome.body(), requests), (&b"first last"[..], 0));
    let places = Places::of(&lambda, &outcome).await;
    assert!(places.answered < places.traced && places.traced < places.next);

    let trace = outcome.trace().await;
    let (span, api) = (trace.span("aws.lambda"), trace.span("aws.apigateway"));
    let opened = opened.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(u128::from(span.end()) > opened.as_nanos());
    assert_eq!(api.end(), span.end());
    // What the body does belongs to the invocation.
    trace.assert_parent(trace.span("last"), span);
    let first = span.metric("http.response.time_to_first_byte").unwrap();
    assert!(first > 0.0 && first * 1e6 < (span.end() - span.start) as f64);
    let metrics = agent.metrics();
    let is_first = |line: &&String| line.starts_with("aws.lambda.enhanced.time_to_first_byte:");
    assert_eq!(metrics.iter().filter(is_first).count(), 1, "{metrics:?}");
}

#[tokio::test]
async fn a_stream_that_fails_is_seen_and_goes_out_as_it_would() {
    let (lambda, bare) = (
        router(&["streaming"]).start().await,
        router(&["bare"]).start().await,
    );
    for (path, kind, message) in [
        ("/fail", "axum_core::error::Error", "the shelf broke"),
        ("/panic", "panic", "a bug in the stream"),
    ] {
        let (outcome, trace) = get(&lambda, path).await;
        let expected = bare.invoke(request(path)).await;
        assert_eq!(outcome.body(), expected.body(), "{path}");
        for name in ["aws.lambda", "aws.apigateway"] {
            let span = trace.span(name);
            assert!(span.error, "{path}");
            assert_eq!(span.tag("error.type"), Some(kind));
            assert!(span.tag("error.message").unwrap().contains(message));
            // The caller has had its status by then.
            assert_eq!(span.tag("http.status_code"), Some("200"));
            assert_eq!(span.tag("http.response.aborted"), None);
        }
        let metrics = lambda.agent().unwrap().metrics();
        let is_error = |line: &&String| line.starts_with("aws.lambda.enhanced.errors:1|");
        assert_eq!(metrics.iter().filter(is_error).count(), 1, "{metrics:?}");
    }
    let (_, trace) = get(&lambda, "/whole").await;
    assert!(!trace.span("aws.lambda").error);
}

#[tokio::test]
async fn a_service_that_answers_early_does_not_end_the_span() {
    let lambda = router(&["streaming"]).start().await;
    let gate = Gate::closed().await;
    let mut event = request("/whole");
    event["multiValueHeaders"]["x-gate"] = json!([gate.address()]);
    let invocation = lambda.invocation().acknowledge_early().event(event);
    let agent = lambda.agent().unwrap();
    let meanwhile = open(gate, agent);
    let (outcome, (opened, requests)) = tokio::join!(invocation.send(), meanwhile);
    assert_eq!((outcome.body(), requests), (&b"first last"[..], 0));
    // It has given its last part away before, which is all it can know of the response.
    let places = Places::of(&lambda, &outcome).await;
    assert!(places.traced < places.next);
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    let opened = opened.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(u128::from(span.end()) > opened.as_nanos() && !span.error);
    assert_eq!(span.tag("http.response.aborted"), None);
    trace.assert_parent(trace.span("last"), span);
    let (_, next) = get(&lambda, "/orders/7").await;
    assert_eq!(next.spans().len(), 2);
}

#[tokio::test]
async fn a_connection_that_ends_early_ends_the_span() {
    let lambda = router(&["streaming"]).start().await;
    for _ in 0..3 {
        let invocation = lambda.invocation().event(request("/endless"));
        // Late enough for the function to have heard that its response is taken.
        let invocation = invocation.acknowledge_early().hang_up_after(20_000);
        let outcome = invocation.send().await;
        assert!(outcome.body().starts_with(b"first more more "));
        let trace = outcome.trace().await;
        for name in ["aws.lambda", "aws.apigateway"] {
            let span = trace.span(name);
            assert_eq!(span.tag("http.status_code"), Some("200"));
            assert!(!span.error, "the caller has left, and nothing failed");
        }
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("http.response.aborted"), Some("true"));
        // The function lives on.
        let (outcome, trace) = get(&lambda, "/orders/7").await;
        assert_eq!(outcome.body(), b"order 7");
        assert_eq!(trace.span("aws.lambda").tag("http.response.aborted"), None);
        assert_eq!(trace.spans().len(), 2);
    }
    assert_eq!(lambda.agent().unwrap().requests().len(), 6);
}

#[tokio::test]
async fn a_response_that_nobody_takes_is_the_end_of_the_function_and_in_its_trace() {
    let (lambda, bare) = (
        router(&["streaming"]).start().await,
        router(&["bare"]).start().await,
    );
    let endless = |lambda: &Lambda| {
        let invocation = lambda.invocation().event(request("/endless"));
        invocation.hang_up_after(1_000).send()
    };
    let outcome = endless(&lambda).await;
    let span = outcome.trace().await.span("aws.lambda").clone();
    assert_eq!(span.tag("error.type"), Some("lambda_runtime::Error"));
    assert_eq!(span.tag("http.status_code"), Some("200"));
    endless(&bare).await;
    assert_eq!(lambda.exited().await, bare.exited().await);
    assert_eq!(lambda.agent().unwrap().traces().len(), 1);
}

#[tokio::test]
async fn a_panic_of_the_task_that_produces_is_seen() {
    let lambda = router(&["streaming"]).start().await;
    let (mut body, mut producer) = (Gate::closed().await, Gate::closed().await);
    let mut event = request("/detached");
    event["multiValueHeaders"]["x-gate"] = json!([body.address()]);
    event["multiValueHeaders"]["x-producer-gate"] = json!([producer.address()]);
    let invocation = lambda.invocation().event(event).send();
    let meanwhile = async {
        // The body is asked for, so the handler has ended.
        body.wait_for(1).await;
        producer.wait_for(1).await;
        producer.open();
        while !lambda
            .logs()
            .iter()
            .any(|line| line.contains("a bug in the producer"))
        {
            tokio::task::yield_now().await;
        }
        body.open();
    };
    let (outcome, ()) = tokio::join!(invocation, meanwhile);
    assert_eq!(outcome.body(), b"first last");
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.message"), Some("a bug in the producer"));
    assert_eq!(span.tag("http.status_code"), Some("200"));
}

#[tokio::test]
async fn a_server_error_is_one_in_every_mode() {
    for arguments in [&[][..], &["streaming"]] {
        let lambda = router(arguments).start().await;
        let (_, trace) = get(&lambda, "/out").await;
        for name in ["aws.lambda", "aws.apigateway"] {
            let span = trace.span(name);
            assert_eq!(
                (span.tag("http.status_code"), span.error),
                (Some("503"), true)
            );
        }
    }
}
