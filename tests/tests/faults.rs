//! Every way that an agent fails, with every way that a handler ends: the answer is right and in time, the trace arrives or
//! its loss is said, and the next invocation is as it should be.

use std::time::Duration;

use ddlambda::testing::{Agent, AgentBehavior, Binary, Event, Lambda, Outcome, Trace};
use ddlambda_tests::proxy::Proxy;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// Far more than an answer takes on a busy machine, far less than one that waits for a failing agent would.
const SOON: Duration = Duration::from_millis(900);
const DEADLINE: Duration = Duration::from_secs(3);

/// How a handler ends.
struct End {
    name: &'static str,
    task: Value,
    answer: Answer,
    /// The type of the error on `aws.lambda`.
    error: Option<&'static str>,
}

/// What the caller gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Response,
    Error,
    /// None: the process ends, and nothing can be sent any more.
    Exit,
    /// None before the deadline.
    Timeout,
}

fn ends() -> Vec<End> {
    let end = |name, task, answer, error| End {
        name,
        task,
        answer,
        error,
    };
    let large = json!({ "respond": { "body": "x".repeat(1_000_000) } });
    vec![
        end("ok", json!({ "spans": "nested" }), Answer::Response, None),
        end("large", large, Answer::Response, None),
        end(
            "a detached task",
            json!({ "spans": "outliving" }),
            Answer::Response,
            None,
        ),
        end(
            "an error",
            json!({ "decline": 3 }),
            Answer::Error,
            Some("Declined"),
        ),
        end(
            "a panic",
            json!({ "panic": "a bug" }),
            Answer::Error,
            Some("panic"),
        ),
        end(
            "a panic in drop",
            json!({ "panic_in_drop": "a bug" }),
            Answer::Error,
            Some("panic"),
        ),
        end(
            "waiting",
            json!("hang"),
            Answer::Timeout,
            Some("Impending Timeout"),
        ),
        end(
            "blocking",
            json!("block"),
            Answer::Timeout,
            Some("Impending Timeout"),
        ),
        end("abort", json!("abort"), Answer::Exit, None),
        end("exit", json!({ "exit": 3 }), Answer::Exit, None),
    ]
}

/// A function that talks to the agent at this address.
async fn function(agent: &str) -> Lambda {
    prepared().env("DD_TRACE_AGENT_URL", agent).start().await
}

fn prepared() -> Binary {
    let function = binary!("function")
        .env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "2400")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    function.agent(false)
}

/// Invokes the function, and checks the answer and when it came.
async fn check_answer(lambda: &Lambda, end: &End) -> Outcome {
    let mut event = events::with(events::rest(), end.task.clone());
    if end.name == "large" {
        event["body"] = "x".repeat(5_900_000).into();
    }
    let deadline = match end.answer {
        Answer::Timeout => DEADLINE,
        _ => Duration::from_secs(20),
    };
    let invocation = lambda.invocation().deadline(deadline).event(event);
    let outcome = invocation.send().await;
    let error = outcome.error().map(|error| &*error.error_type);
    match end.answer {
        Answer::Response => assert_eq!(error, None, "{}", end.name),
        Answer::Error => assert!(error.is_some(), "{}", end.name),
        Answer::Exit => assert_eq!(error, Some("Runtime.ExitError"), "{}", end.name),
        Answer::Timeout => assert_eq!(error, Some("Sandbox.Timedout"), "{}", end.name),
    }
    if end.answer != Answer::Timeout && end.name != "large" {
        let journal = lambda.journal();
        let sent = journal
            .iter()
            .find(|moment| matches!(moment.event, Event::EventSent { .. }));
        let answered = journal.iter().find(|moment| {
            let event = &moment.event;
            matches!(
                event,
                Event::ResponseReceived { .. }
                    | Event::ErrorReceived { .. }
                    | Event::ProcessExited { .. }
            )
        });
        let took = answered.unwrap().at - sent.unwrap().at;
        assert!(took < SOON, "{} took {took:?}", end.name);
    }
    outcome
}

fn check_trace(trace: &Trace, end: &End) {
    let span = trace.span("aws.lambda");
    assert_eq!(
        (span.tag("error.type"), span.error),
        (end.error, end.error.is_some()),
        "{}",
        end.name
    );
    trace.assert_parent(span, trace.span("aws.apigateway"));
}

/// The trace of an invocation that this agent has received.
fn received(agent: &Agent, outcome: &Outcome) -> Option<Trace> {
    let is_own = |trace: &Trace| {
        let span = trace.find("aws.lambda");
        span.and_then(|span| span.tag("request_id")) == Some(outcome.request_id())
    };
    agent.traces().into_iter().find(is_own)
}

/// Waits until the function asks for its next event, or is gone.
async fn done(lambda: &Lambda, end: &End) {
    match end.answer {
        Answer::Response | Answer::Error => lambda.idle().await,
        Answer::Exit | Answer::Timeout => drop(lambda.exited().await),
    }
}

/// What is lost is said, by whoever can still say something.
async fn check_said(lambda: &Lambda, end: &End) {
    done(lambda, end).await;
    let expected = end.answer != Answer::Exit;
    assert_eq!(says_lost(lambda), expected, "{}", end.name);
}

/// Whether the log says that spans were lost.
fn says_lost(lambda: &Lambda) -> bool {
    let lines = lambda.logs();
    let mut lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.any(|line| line["target"] == "ddlambda" && line["lost"].is_u64())
}

/// The next invocation with an agent that works: in the same process, or in a new one where that is gone.
async fn check_next(lambda: Lambda, agent: &Agent, url: &str, end: &End) {
    let lambda = match end.answer {
        Answer::Response | Answer::Error => lambda,
        Answer::Exit | Answer::Timeout => function(url).await,
    };
    let task = match end.name {
        "a detached task" => json!({ "spans": "finish" }),
        _ => json!({ "spans": "nested" }),
    };
    let outcome = lambda.invoke(events::task(task)).await;
    assert!(outcome.is_ok(), "after {}", end.name);
    outcome.next_requested().await;
    let trace = received(agent, &outcome).unwrap_or_else(|| panic!("after {}", end.name));
    assert!(!trace.span("aws.lambda").error, "after {}", end.name);
    if end.name == "a detached task" {
        let traces = agent.traces();
        let late: Vec<_> = traces
            .iter()
            .filter_map(|trace| trace.find("outliving"))
            .collect();
        assert_eq!(late.len(), 1);
    } else {
        trace.assert_parent(trace.span("inner"), trace.span("outer"));
    }
}

/// An agent that takes traces, sooner or later.
async fn check_arrival(behavior: AgentBehavior) {
    for end in ends() {
        let agent = Agent::start();
        agent.set_behavior(behavior);
        let lambda = function(&agent.url()).await;
        let outcome = check_answer(&lambda, &end).await;
        done(&lambda, &end).await;
        match received(&agent, &outcome) {
            Some(trace) => check_trace(&trace, &end),
            None => assert_eq!(end.answer, Answer::Exit, "{}", end.name),
        }
        assert!(!says_lost(&lambda), "{}", end.name);
        check_next(lambda, &agent, &agent.url(), &end).await;
    }
}

/// An agent that fails: `break_it` makes it so, and `mend` ends it.
async fn check_loss(
    start: impl Fn() -> (Agent, String),
    break_it: impl AsyncFn(&Agent),
    mend: impl AsyncFn(&Agent),
) {
    for end in ends() {
        let (agent, url) = start();
        break_it(&agent).await;
        let lambda = function(&url).await;
        let outcome = check_answer(&lambda, &end).await;
        check_said(&lambda, &end).await;
        assert!(received(&agent, &outcome).is_none(), "{}", end.name);
        mend(&agent).await;
        check_next(lambda, &agent, &url, &end).await;
    }
}

async fn check_failing(behavior: AgentBehavior) {
    let start = || {
        let agent = Agent::start();
        let url = agent.url();
        (agent, url)
    };
    check_loss(
        start,
        async |agent: &Agent| agent.set_behavior(behavior),
        async |agent: &Agent| agent.set_behavior(AgentBehavior::Accept),
    )
    .await;
}

macro_rules! arrives {
    ($($name:ident: $behavior:expr,)*) => { $(
        #[tokio::test]
        async fn $name() {
            check_arrival($behavior).await;
        }
    )* };
}

macro_rules! is_lost {
    ($($name:ident: $behavior:expr,)*) => { $(
        #[tokio::test]
        async fn $name() {
            check_failing($behavior).await;
        }
    )* };
}

arrives! {
    an_agent_that_works: AgentBehavior::Accept,
    an_agent_that_is_slow: AgentBehavior::Delay(Duration::from_millis(100)),
}

is_lost! {
    an_agent_that_fails: AgentBehavior::Status(500),
    an_agent_that_refuses: AgentBehavior::Status(413),
    an_agent_that_hangs: AgentBehavior::Hang,
    an_agent_that_resets: AgentBehavior::Reset,
    an_agent_that_closes_within_its_answer: AgentBehavior::Cut,
    an_agent_that_sends_garbage: AgentBehavior::Garbage,
}

/// Nothing listens at its port.
#[tokio::test]
async fn an_agent_that_is_not_there() {
    for end in ends() {
        let agent = Agent::start();
        agent.stop().await;
        let lambda = function(&agent.url()).await;
        check_answer(&lambda, &end).await;
        check_said(&lambda, &end).await;
        if matches!(end.answer, Answer::Response | Answer::Error) {
            assert!(lambda.invoke(json!({})).await.is_ok(), "{}", end.name);
        }
    }
}

/// It dies after an invocation, and lives again after the next.
#[tokio::test]
async fn an_agent_that_dies_between_invocations() {
    for end in ends() {
        let agent = Agent::start();
        let proxy = Proxy::start(&agent);
        let lambda = function(&proxy.url()).await;
        let first = lambda.invoke(json!({})).await;
        first.next_requested().await;
        assert!(received(&agent, &first).is_some());
        lambda.forget();

        proxy.set_dead(true);
        let outcome = check_answer(&lambda, &end).await;
        check_said(&lambda, &end).await;
        assert!(received(&agent, &outcome).is_none(), "{}", end.name);

        proxy.set_dead(false);
        check_next(lambda, &agent, &proxy.url(), &end).await;
    }
}

/// No agent at all: the log takes the traces.
#[tokio::test]
async fn no_agent() {
    for end in ends() {
        let lambda = prepared().start().await;
        let outcome = check_answer(&lambda, &end).await;
        done(&lambda, &end).await;
        if end.answer != Answer::Exit {
            check_trace(&outcome.trace().await, &end);
        }
        assert!(!says_lost(&lambda), "{}", end.name);
    }
}
