//! The ways in which traces leave: versions of the agent's format, sockets, several requests, answers of any length.

use std::path::Path;
use std::time::Duration;

use ddlambda::testing::{Agent, AgentBehavior, Lambda, Outcome, Span, Trace};
use ddlambda_tests::socket::Socket;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// What a span tells, but for what differs from invocation to invocation.
fn told(span: &Span) -> Value {
    let mut meta = span.meta.clone();
    for name in ["request_id", "runtime-id", "_dd.p.tid", "_dd.span_links"] {
        meta.remove(name);
    }
    let mut metrics = span.metrics.clone();
    metrics.remove("process_id");
    let links = span.links.iter();
    let links = links.map(|link| (link.trace_id.to_string(), link.span_id, &link.attributes));
    json!([
        span.name,
        span.service,
        span.resource,
        span.kind,
        span.error,
        meta,
        metrics,
        span.trace_id == events::TRACE_ID,
        links.collect::<Vec<_>>()
    ])
}

fn all_told(trace: &Trace) -> Vec<Value> {
    trace.spans().iter().map(told).collect()
}

fn paths(agent: &Agent) -> Vec<String> {
    let requests = agent.requests().into_iter();
    requests.map(|request| request.path).collect()
}

#[tokio::test]
async fn both_versions_of_the_format_tell_the_same() {
    let versions = ["v0.4", "v0.5"];
    let mut functions = Vec::new();
    for version in versions {
        let function = binary!("function").env("DD_TRACE_API_VERSION", version);
        functions.push(function.env("DD_TAGS", "team:shop").start().await);
    }
    let sqs = events::with(events::sqs_batch(), json!({ "fail": "no stock" }));
    let mut links = 0;
    for event in [
        events::with(events::rest(), json!({ "spans": "fields" })),
        events::with(events::rest(), json!({ "spans": "conventions" })),
        sqs,
        events::s3(),
    ] {
        let mut told = Vec::new();
        for function in &functions {
            let trace = function.invoke(&event).await.trace().await;
            assert!(trace.spans().len() > 1);
            links += trace
                .spans()
                .iter()
                .map(|span| span.links.len())
                .sum::<usize>();
            told.push(all_told(&trace));
        }
        assert_eq!(told[0], told[1]);
    }
    assert_eq!(links, 4, "two pointers in both versions");
    for (version, function) in versions.iter().zip(&functions) {
        let path = format!("/{version}/traces");
        assert_eq!(
            paths(function.agent().unwrap()),
            [(); 4].map(|()| path.clone())
        );
        let requests = function.agent().unwrap().requests();
        for request in requests {
            assert_eq!(request.header("x-datadog-trace-count"), Some("1"));
            assert_eq!(request.header("content-type"), Some("application/msgpack"));
            assert_eq!(request.header("datadog-client-computed-stats"), None);
        }
    }
}

#[tokio::test]
async fn a_large_trace_is_several_requests_in_version_5_too() {
    let function = binary!("function").env("DD_TRACE_API_VERSION", "v0.5");
    let lambda = function
        .env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30")
        .start()
        .await;
    let event = events::task(json!({ "spans": { "large": [500, 24_000] } }));
    let trace = lambda.invoke(event).await.trace().await;
    let large = trace.spans().iter().filter(|span| span.name == "large");
    assert_eq!(large.count(), 500);
    // The same text is there once in each, but the agent takes it in as often as it is named.
    let requests = lambda.agent().unwrap().requests();
    assert!((3..10).contains(&requests.len()), "{}", requests.len());
    assert!(requests.iter().all(|request| request.body.len() < 500_000));
}

#[tokio::test]
async fn an_agent_may_have_a_socket_in_the_file_system() {
    let agent = Agent::start();
    let socket = Socket::start(&agent, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let function = binary!("function").agent(false);
    let lambda = function
        .env("DD_TRACE_AGENT_URL", socket.url())
        .start()
        .await;
    for number in 1..=3 {
        lambda.invoke(events::rest()).await.next_requested().await;
        assert_eq!(agent.requests().len(), number);
    }
    // Also where the executor is not asked.
    let blocked = lambda.invocation().event(events::task("block"));
    let outcome = blocked.deadline(Duration::from_secs(1)).send().await;
    assert!(!outcome.is_ok());
    assert_eq!(agent.wait_for_requests(4).await.len(), 4);
    let traces = agent.traces();
    let spans = traces.iter().flat_map(Trace::spans);
    let timed_out = spans.filter(|span| span.tag("error.type") == Some("Impending Timeout"));
    assert_eq!((traces.len(), timed_out.count()), (2, 1));
}

/// The lines about what was lost.
async fn losses(outcome: &Outcome) -> Vec<String> {
    let mut lines = outcome.logs().await;
    lines.retain(|line| line.contains("lost="));
    lines
}

#[tokio::test]
async fn each_of_several_requests_has_its_own_time() {
    let function = binary!("function").env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "6");
    let lambda = function.start().await;
    let agent = lambda.agent().unwrap();
    agent.set_behavior(AgentBehavior::Delay(Duration::from_millis(2_500)));
    let event = events::task(json!({ "spans": { "large": [500, 24_000] } }));
    let outcome = lambda.invoke(event).await;
    let trace = outcome.trace().await;
    outcome.next_requested().await;
    assert_eq!(losses(&outcome).await, [""; 0]);
    assert!(agent.requests().len() >= 3);
    let large = agent
        .traces()
        .iter()
        .flat_map(Trace::spans)
        .filter(|span| span.name == "large")
        .count();
    assert_eq!(large, 500, "{} spans came first", trace.spans().len());
}

#[tokio::test]
async fn all_requests_together_end_before_the_deadline() {
    let function = binary!("function").env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "60");
    let lambda = function.start().await;
    let agent = lambda.agent().unwrap();
    agent.set_behavior(AgentBehavior::Hang);
    let event = events::task(json!({ "spans": { "large": [500, 24_000] } }));
    let invocation = lambda.invocation().event(event);
    let begin = std::time::Instant::now();
    let outcome = invocation.deadline(Duration::from_secs(4)).send().await;
    assert!(outcome.is_ok());
    outcome.next_requested().await;
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
    assert!(!losses(&outcome).await.is_empty());
    agent.set_behavior(AgentBehavior::Accept);
    assert_eq!(
        lambda.invoke(json!({})).await.trace().await.spans().len(),
        1
    );
}

#[tokio::test]
async fn a_long_answer_is_an_answer() {
    let lambda = binary!("function").start().await;
    let agent = lambda.agent().unwrap();
    let keys: Vec<String> = (0..5_000)
        .map(|number| format!("service:s{number},env:test"))
        .collect();
    agent.set_rates(keys.iter().map(|key| (&**key, 0.5)));
    for number in 1..=3 {
        let outcome = lambda.invoke(events::rest()).await;
        outcome.next_requested().await;
        assert_eq!(losses(&outcome).await, [""; 0]);
        assert_eq!(agent.requests().len(), number);
    }
}

/// The spans that are log lines.
async fn logged(lambda: &Lambda, spans: Value) -> (Vec<String>, Trace) {
    let outcome = lambda.invoke(events::task(json!({ "spans": spans }))).await;
    let mut lines = outcome.logs().await;
    lines.retain(|line| line.starts_with("{\"traces\""));
    (lines, outcome.trace().await)
}

#[tokio::test]
async fn a_span_too_long_for_a_line_loses_its_longest_tags() {
    let lambda = binary!("function").agent(false).start().await;
    let (lines, trace) = logged(&lambda, json!({ "wide": [10, 20_000] })).await;
    assert!(lines.iter().all(|line| line.len() <= 64 * 1024));
    let wide = trace.span("wide");
    assert_eq!(wide.metric("_dd.ddlambda.dropped_tags"), Some(10.0));
    assert!(wide.tag("tag.0").is_none() && wide.tag("language") == Some("rust"));
    trace.assert_parent(wide, trace.span("aws.lambda"));

    let (_, trace) = logged(&lambda, json!({ "wide": [500, 200] })).await;
    let wide = trace.span("wide");
    let dropped = wide.metric("_dd.ddlambda.dropped_tags").unwrap();
    let kept = wide.meta.keys().filter(|name| name.starts_with("tag."));
    assert_eq!(kept.count() as f64 + dropped, 500.0);
    assert!((300.0..400.0).contains(&dropped), "{dropped}");
}

/// An event of many objects, each of which the span of S3 points to.
#[tokio::test]
async fn links_that_are_left_out_are_counted() {
    let mut event = events::s3();
    let mut record = event["Records"][0].take();
    let records = (0..1_000).map(|number| {
        record["s3"]["object"]["key"] = format!("key-{number}").into();
        record.clone()
    });
    event["Records"] = records.collect();
    for function in [
        binary!("function").env("DD_TRACE_API_VERSION", "v0.5"),
        binary!("function").agent(false),
    ] {
        let lambda = function.start().await;
        let trace = lambda.invoke(&event).await.trace().await;
        let span = trace.span("aws.s3");
        let dropped = span.metric("_dd.ddlambda.dropped_links").unwrap();
        assert!(!span.links.is_empty() && dropped > 0.0);
        assert_eq!(span.links.len() as f64 + dropped, 1_000.0);
    }
}

#[tokio::test]
async fn the_log_says_once_where_traces_go() {
    let otlp = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:4318/secret");
    for (setting, expected) in [
        (("DD_ENV", "test"), "traces go to the log"),
        (
            ("DD_TRACE_AGENT_URL", "http://127.0.0.1:1"),
            "traces go to the agent at 127.0.0.1:1",
        ),
        (otlp, "traces go to the OTLP endpoint at [::1]:4318"),
        (("DD_TRACE_ENABLED", "false"), "traces are off"),
    ] {
        for (level, count) in [("debug", 1), ("info", 0)] {
            let function = binary!("function").agent(false).env("DD_LOG_LEVEL", level);
            let lambda = function.env(setting.0, setting.1).start().await;
            for _ in 0..2 {
                lambda.invoke(json!({})).await.next_requested().await;
            }
            let logs = lambda.logs();
            let said = logs.iter().filter(|line| line.contains(expected));
            assert_eq!(said.count(), count, "{setting:?} {level} {logs:?}");
        }
    }
}
