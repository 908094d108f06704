//! Shortly before Lambda ends a function, its spans are sent.

use std::time::Duration;

use ddlambda::testing::{AgentBehavior, Event, Lambda};
use ddlambda_tests::early::{early, outlive, DEADLINE};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

async fn check(lambda: &Lambda, task: Value) {
    let invocation = lambda.invocation().deadline(DEADLINE);
    let event = events::with(events::rest(), task);
    let outcome = invocation.event(event).send().await;
    assert_eq!(outcome.error().unwrap().error_type, "Sandbox.Timedout");
    let trace = outcome.trace().await;

    let journal = lambda.journal();
    let place = |is: &dyn Fn(&Event) -> bool| {
        let found = journal.iter().position(|moment| is(&moment.event));
        found.unwrap_or_else(|| panic!("{journal:#?}"))
    };
    let traced = place(&|event| matches!(event, Event::TraceReceived { .. }));
    assert!(traced < place(&|event| matches!(event, Event::TimedOut { .. })));

    let (api, span) = (trace.span("aws.apigateway"), trace.span("aws.lambda"));
    for span in [api, span] {
        assert!(span.error);
        assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
        let message = "Datadog detected an Impending Timeout";
        assert_eq!(span.tag("error.message"), Some(message));
        // The handler may still answer.
        assert_eq!(span.tag("http.status_code"), None);
    }
    let (outer, inner) = (trace.span("outer"), trace.span("inner"));
    trace.assert_parent(outer, span);
    trace.assert_parent(inner, outer);
    for child in [outer, inner] {
        assert!(!child.error && child.end().abs_diff(span.end()) < 100_000_000);
    }
}

#[tokio::test]
async fn a_handler_that_waits_too_long_leaves_its_spans() {
    check(&early(binary!("function")).start().await, json!("hang")).await;
}

#[tokio::test]
async fn a_handler_that_blocks_its_thread_leaves_its_spans() {
    check(&early(binary!("function")).start().await, json!("block")).await;
}

#[tokio::test]
async fn the_mark_comes_as_long_before_the_deadline_as_is_set() {
    let lambda = early(binary!("function")).start().await;
    let invocation = lambda.invocation().deadline(DEADLINE);
    let sent = std::time::SystemTime::now();
    let outcome = invocation.event(events::task("hang")).send().await;
    let sent = sent.duration_since(std::time::UNIX_EPOCH).unwrap();
    let trace = outcome.trace().await;
    // The deadline is told in milliseconds; a busy machine makes it later, but nothing makes it earlier.
    let marked = u128::from(trace.span("aws.lambda").end());
    let earliest = (sent + DEADLINE).as_nanos() - 1_200_000_000 - 2_000_000;
    assert!(marked >= earliest, "{marked} {earliest}");
}

#[tokio::test]
async fn a_handler_that_loops_leaves_as_many_spans_as_there_is_room_for() {
    let lambda = early(binary!("function")).start().await;
    let invocation = lambda.invocation().deadline(DEADLINE);
    let outcome = invocation.event(events::task("loop")).send().await;
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
    trace.assert_parent(trace.span("inner"), trace.span("outer"));
    assert!(trace.spans().len() <= 20_003);
}

#[tokio::test]
async fn a_blocked_handler_under_the_layer_alone_leaves_its_spans() {
    check(&early(binary!("layered")).start().await, json!("block")).await;
}

#[tokio::test]
async fn without_an_agent_the_spans_are_logged() {
    let function = early(binary!("function")).agent(false);
    check(&function.start().await, json!("block")).await;
}

#[tokio::test]
async fn a_handler_that_ends_after_all_is_not_sent_twice() {
    let (lambda, outcome) = outlive(binary!("function"), "wait_within").await;
    assert!(outcome.is_ok());
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
    let (outer, inner) = (trace.span("outer"), trace.span("inner"));
    trace.assert_parent(inner, outer);

    // Nothing of it comes with the next one either.
    let next = lambda.invoke(json!({})).await;
    assert_eq!(next.trace().await.spans().len(), 1);
    let agent = lambda.agent().unwrap();
    assert_eq!((agent.requests().len(), agent.traces().len()), (2, 2));
}

/// While the spans are being sent, the process must not stand still: it does from when it asks for the next event.
#[tokio::test]
async fn a_handler_that_ends_meanwhile_waits_for_what_is_being_sent() {
    for function in [binary!("function"), binary!("plain")] {
        let function = function.env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "19500");
        let lambda = function.start().await;
        let agent = lambda.agent().unwrap().clone();
        let delay = Duration::from_millis(500);
        agent.set_behavior(AgentBehavior::Delay(delay));
        let mut gate = Gate::closed().await;
        let task = json!({ "wait_at": gate.address() });
        let invocation = lambda.invocation().deadline(Duration::from_secs(20));
        let invocation = invocation.event(events::task(task)).send();
        let meanwhile = async {
            gate.wait_for(1).await;
            agent.wait_for_requests(1).await;
            gate.open();
        };
        let (outcome, ()) = tokio::join!(invocation, meanwhile);
        assert!(outcome.is_ok());
        outcome.next_requested().await;
        let journal = lambda.journal();
        let received = journal
            .iter()
            .find(|moment| matches!(moment.event, Event::TraceReceived { .. }));
        let mut latest = journal.iter().rev();
        let next = latest.find(|moment| moment.event == Event::NextRequested);
        let took = next.unwrap().at - received.unwrap().at;
        assert!(took >= delay, "{took:?}");
    }
}

#[tokio::test]
async fn an_event_that_takes_too_long_to_decode_leaves_its_span() {
    let lambda = early(binary!("function").args(["eager"])).start().await;
    let invocation = lambda.invocation().deadline(DEADLINE);
    let outcome = invocation.event(json!({ "decode": "block" })).send().await;
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
}

#[tokio::test]
async fn an_invocation_in_time_is_no_timeout() {
    let lambda = binary!("function").start().await;
    for _ in 0..3 {
        let invocation = lambda.invocation().deadline(Duration::from_secs(5));
        let trace = invocation.send().await.trace().await;
        assert!(!trace.span("aws.lambda").error);
    }
    assert_eq!(lambda.agent().unwrap().requests().len(), 3);
}

/// The function is given less time than the setting takes: half of it is the handler's.
#[tokio::test]
async fn a_function_with_little_time_has_half_of_it() {
    let function = binary!("function").env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "60000");
    let lambda = function.start().await;
    let in_time = lambda.invocation().deadline(Duration::from_secs(30));
    let trace = in_time.send().await.trace().await;
    assert!(!trace.span("aws.lambda").error);
    check(&lambda, json!("hang")).await;
}

#[tokio::test]
async fn invocations_that_time_out_together_all_leave_their_spans() {
    let function = early(binary!("concurrent")).env("AWS_LAMBDA_MAX_CONCURRENCY", "4");
    let lambda = function.start().await;
    let invocations: Vec<_> = (0..4)
        .map(|_| {
            let invocation = lambda.invocation().deadline(DEADLINE);
            tokio::spawn(invocation.event(events::task("hang")).send())
        })
        .collect();
    for invocation in invocations {
        let trace = invocation.await.unwrap().trace().await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
        trace.assert_parent(trace.span("inner"), trace.span("outer"));
    }
}
