//! Agents that are gone, slow or broken: the function answers all the same, and what is lost is said.

use std::time::{Duration, Instant};

use ddlambda::testing::{Agent, AgentBehavior, Lambda, Outcome};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::journal::Places;
use ddlambda_tests::proxy::Proxy;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// Far more than a flush may take, far less than a function that waits for its agent would.
const SOON: Duration = Duration::from_secs(5);

/// A function whose log lines are JSON, with this agent.
async fn function(agent: &str) -> Lambda {
    let function = binary!("function")
        .env("DD_TRACE_AGENT_URL", agent)
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    function.agent(false).start().await
}

async fn invoke(lambda: &Lambda) -> Outcome {
    let task = json!({ "respond": { "statusCode": 200 } });
    let begin = Instant::now();
    let outcome = lambda.invoke(events::with(events::rest(), task)).await;
    assert_eq!(outcome.response(), &json!({ "statusCode": 200 }));
    outcome.next_requested().await;
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    outcome
}

/// How many invocations have arrived at the agent.
fn received(agent: &Agent) -> usize {
    let traces = agent.traces();
    let spans = traces.iter().flat_map(|trace| trace.spans());
    spans.filter(|span| span.name == "aws.lambda").count()
}

/// The lines of the library itself.
async fn said(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.logs().await;
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["target"] == "ddlambda")
        .collect()
}

/// Two invocations with an agent that loses their spans: each is answered, and the loss is said with its count.
async fn check_losses(behavior: AgentBehavior, reason: &str) {
    let agent = Agent::start();
    agent.set_behavior(behavior);
    let lambda = function(&agent.url()).await;
    let lines = said(&invoke(&lambda).await).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["lost"]),
        (&json!("WARN"), &json!(3))
    );
    let message = lines[0]["message"].as_str().unwrap();
    assert!(message.contains(reason), "{message}");

    let lines = said(&invoke(&lambda).await).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["lost"], 5);
    assert_eq!(received(&agent), 0);

    // And back again.
    agent.set_behavior(AgentBehavior::Accept);
    let lines = said(&invoke(&lambda).await).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["lost"], 5);
    assert!(lines[0]["message"].as_str().unwrap().contains("again"));
    assert_eq!(received(&agent), 1);
    assert!(said(&invoke(&lambda).await).await.is_empty());
    assert_eq!(
        (received(&agent), agent.requests().len()),
        (2, 2 + refused(behavior))
    );
}

/// The requests that two invocations make to an agent that does this.
fn refused(behavior: AgentBehavior) -> usize {
    match behavior {
        // No second try: the same request would be refused again, or there is no time for it.
        AgentBehavior::Status(413) | AgentBehavior::Hang => 2,
        _ => 4,
    }
}

#[tokio::test]
async fn an_agent_that_fails_is_asked_twice() {
    check_losses(AgentBehavior::Status(500), "answered with status 500").await;
}

#[tokio::test]
async fn an_agent_that_refuses_is_asked_once() {
    check_losses(AgentBehavior::Status(413), "answered with status 413").await;
}

#[tokio::test]
async fn an_agent_that_resets_is_asked_twice() {
    check_losses(AgentBehavior::Reset, "end of file").await;
}

#[tokio::test]
async fn an_agent_that_sends_garbage_is_asked_twice() {
    check_losses(AgentBehavior::Garbage, "not HTTP").await;
}

#[tokio::test]
async fn an_agent_that_hangs_is_given_up() {
    check_losses(AgentBehavior::Hang, "no answer in time").await;
}

#[tokio::test]
async fn an_agent_that_fails_once_loses_nothing() {
    for behavior in [
        AgentBehavior::Status(500),
        AgentBehavior::Status(503),
        AgentBehavior::Reset,
        AgentBehavior::Garbage,
    ] {
        let agent = Agent::start();
        agent.script([behavior]);
        let lambda = function(&agent.url()).await;
        let outcome = invoke(&lambda).await;
        assert!(said(&outcome).await.is_empty(), "{behavior:?}");
        assert_eq!((agent.requests().len(), received(&agent)), (2, 1));
    }
}

#[tokio::test]
async fn a_slow_agent_is_waited_for_after_the_response() {
    let lambda = binary!("function").start().await;
    let delay = Duration::from_millis(200);
    let agent = lambda.agent().unwrap();
    agent.set_behavior(AgentBehavior::Delay(delay));
    let outcome = lambda.invoke(json!({})).await;
    let places = Places::of(&lambda, &outcome).await;
    assert!(places.answered < places.traced && places.traced < places.next);
    let journal = lambda.journal();
    assert!(journal[places.next].at - journal[places.answered].at >= delay);
    assert_eq!(agent.requests().len(), 1);
}

#[tokio::test]
async fn a_hanging_agent_does_not_use_up_the_deadline() {
    let lambda = binary!("function")
        .env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "60")
        .start()
        .await;
    lambda.agent().unwrap().set_behavior(AgentBehavior::Hang);
    let deadline = Duration::from_secs(1);
    let outcome = lambda.invocation().deadline(deadline).send().await;
    assert!(outcome.is_ok());
    outcome.next_requested().await;
    let places = lambda.journal();
    let took = places.last().unwrap().at - places[places.len() - 3].at;
    assert!(took < deadline + Duration::from_millis(500), "{took:?}");
    assert!(lambda.invoke(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_hanging_agent_is_waited_for_less_and_less() {
    let agent = Agent::start();
    agent.set_behavior(AgentBehavior::Hang);
    let lambda = function(&agent.url()).await;
    let begin = Instant::now();
    for _ in 0..7 {
        invoke(&lambda).await;
    }
    // One second at the first, the second and the fourth time, and a tenth of it else.
    assert!(
        begin.elapsed() < Duration::from_millis(5_500),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_said() {
    let agent = Agent::start();
    let url = agent.url();
    agent.stop().await;
    let lambda = function(&url).await;
    let lines = said(&invoke(&lambda).await).await;
    assert_eq!((lines.len(), &lines[0]["lost"]), (1, &json!(3)));
    let message = lines[0]["message"].as_str().unwrap();
    assert!(message.contains("refused"), "{message}");
    // Said when it begins and when it has doubled, not each time.
    let mut lines = 0;
    for _ in 0..7 {
        lines += said(&invoke(&lambda).await).await.len();
    }
    assert_eq!(lines, 3);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_opened_anew() {
    let agent = Agent::start();
    let proxy = Proxy::start(&agent);
    let lambda = function(&proxy.url()).await;
    for number in 1..=3 {
        let outcome = invoke(&lambda).await;
        assert!(said(&outcome).await.is_empty());
        assert_eq!((received(&agent), proxy.connections()), (number, number));
        proxy.close_connections();
    }
}

#[tokio::test]
async fn an_agent_that_fails_costs_no_connections() {
    let agent = Agent::start();
    agent.set_behavior(AgentBehavior::Status(500));
    let proxy = Proxy::start(&agent);
    let lambda = function(&proxy.url()).await;
    for _ in 0..4 {
        invoke(&lambda).await;
    }
    assert!(proxy.has_at_most(0));
    agent.set_behavior(AgentBehavior::Accept);
    for _ in 0..2 {
        invoke(&lambda).await;
        assert_eq!(proxy.connections(), 9);
    }
}

/// Slower than a tenth of the time that a request may take.
const SLOW: AgentBehavior = AgentBehavior::Delay(Duration::from_millis(300));

/// Whether the log says that the agent takes spans again.
async fn is_over(outcome: &Outcome) -> bool {
    let lines = said(outcome).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0]["message"].as_str().unwrap().contains("again")
}

#[tokio::test]
async fn a_slow_agent_gets_spans_again_after_it_has_hung() {
    let agent = Agent::start();
    agent.script([AgentBehavior::Hang]);
    agent.set_behavior(SLOW);
    let lambda = function(&agent.url()).await;
    assert!(!is_over(&invoke(&lambda).await).await);
    assert!(is_over(&invoke(&lambda).await).await);
    assert!(said(&invoke(&lambda).await).await.is_empty());
}

#[tokio::test]
async fn an_agent_that_refuses_may_take_its_time_later() {
    let agent = Agent::start();
    agent.script([AgentBehavior::Status(413); 2]);
    agent.set_behavior(SLOW);
    let lambda = function(&agent.url()).await;
    for over in [false, false, true] {
        assert_eq!(is_over(&invoke(&lambda).await).await, over);
    }
}

#[tokio::test]
async fn without_an_agent_traces_are_lines_for_the_forwarder() {
    let function = binary!("function")
        .function_name("orders")
        .env("DD_ENV", "test");
    let lambda = function.agent(false).start().await;
    let event = events::with(events::rest(), json!({ "spans": "fields" }));
    let outcome = lambda.invoke(event).await;
    let lines = outcome.logs().await;
    let traces: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("{\"traces\""))
        .collect();
    assert_eq!(traces.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(traces[0]).unwrap();
    assert_eq!(line.as_object().unwrap().len(), 1);
    let spans = line["traces"][0].as_array().unwrap();
    let names: Vec<&str> = spans
        .iter()
        .map(|span| span["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["aws.apigateway", "aws.lambda", "aws.lambda.load", "fields"]
    );

    let span = &spans[1];
    let members: Vec<&str> = span
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        [
            "duration",
            "error",
            "meta",
            "metrics",
            "name",
            "parent_id",
            "resource",
            "service",
            "span_id",
            "start",
            "trace_id",
            "type"
        ]
    );
    // 64 bits each, as 16 hexadecimal digits; the upper half of the trace id stands on the first span.
    assert_eq!(
        span["trace_id"],
        format!("{:016X}", events::TRACE_ID as u64)
    );
    assert_eq!(spans[0]["parent_id"], format!("{:016X}", events::PARENT_ID));
    assert_eq!(spans[0]["meta"]["_dd.p.tid"], "65e1f2a300000000");
    assert_eq!(spans[0]["metrics"]["_sampling_priority_v1"], json!(1.0));
    assert_eq!(span["parent_id"], spans[0]["span_id"]);
    assert_eq!(
        (&span["error"], &span["type"]),
        (&json!(0), &json!("serverless"))
    );
    assert!(span["start"].is_u64() && span["duration"].is_u64());
    assert_eq!(span["meta"]["env"], "test");
    assert_eq!(spans[3]["metrics"]["float"], 1.5);

    // The kit reads it as it reads what an agent receives.
    let trace = outcome.trace().await;
    assert_eq!(trace.trace_id(), events::TRACE_ID);
    trace.assert_parent(trace.span("fields"), trace.span("aws.lambda"));
}

#[tokio::test]
async fn a_long_trace_is_several_lines_that_log_groups_take() {
    let lambda = binary!("function").agent(false).start().await;
    let outcome = lambda
        .invoke(events::task(json!({ "spans": { "large": [100, 3_000] } })))
        .await;
    let lines = outcome.logs().await;
    let traces = lines.iter().filter(|line| line.starts_with("{\"traces\""));
    let lengths: Vec<usize> = traces.map(String::len).collect();
    assert!(lengths.len() > 4, "{lengths:?}");
    assert!(lengths.iter().all(|length| *length <= 64 * 1024));
    let trace = outcome.trace().await;
    let large = trace.spans().iter().filter(|span| span.name == "large");
    assert_eq!(large.count(), 100);
    assert!(trace
        .spans()
        .iter()
        .all(|span| span.trace_id == trace.trace_id()));
}

#[tokio::test]
async fn what_the_program_does_not_wait_for_is_counted() {
    let mut gate = Gate::closed().await;
    let function = binary!("dropped").args(["until", &gate.address()]);
    let lambda = function.start().await;
    let agent = lambda.agent().unwrap();
    agent.set_behavior(AgentBehavior::Hang);
    lambda.invoke(json!({})).await;
    agent.wait_for_requests(1).await;
    gate.wait_for(1).await;
    gate.open();
    assert_eq!(lambda.exited().await, Some(0));
    let logs = lambda.logs();
    let said = |line: &&String| line.contains("the program did not wait for it");
    let said: Vec<_> = logs.iter().filter(said).collect();
    assert_eq!(said.len(), 1, "{logs:?}");
    assert!(said[0].contains("lost="), "{said:?}");
}
