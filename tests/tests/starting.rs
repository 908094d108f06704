//! What a function does before its first event.

use std::time::Duration;

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::{binary, events};
use serde_json::json;

async fn started(how: &str) -> Lambda {
    binary!("starting").args([how]).start().await
}

async fn first(lambda: &Lambda) -> Trace {
    lambda.invoke(json!({})).await.trace().await
}

#[tokio::test]
async fn the_load_span_has_what_the_program_did() {
    for (how, has_connect) in [("init", true), ("around", true), ("load", false)] {
        let lambda = started(how).await;
        let trace = first(&lambda).await;
        let (load, function) = (trace.span("aws.lambda.load"), trace.span("aws.lambda"));
        trace.assert_parent(load, function);
        assert!(load.end() <= function.start, "{how}");
        let above = match how {
            "around" => trace.span("around"),
            _ => load,
        };
        let above = if has_connect {
            let connect = trace.span("connect");
            trace.assert_parent(connect, above);
            assert_eq!(connect.tag("pool.size"), Some("8"));
            connect
        } else {
            above
        };
        let resolve = trace.span("resolve");
        trace.assert_parent(resolve, above);
        assert!(load.start <= resolve.start && resolve.end() <= load.end());
        // Too short to tell of.
        assert_eq!(trace.find("blink"), None, "{how}");
        // A line before the first event has no trace to name.
        let logs = lambda.logs();
        let said = logs
            .iter()
            .find(|line| line.contains("connecting"))
            .unwrap();
        assert!(!said.contains("dd.trace_id"), "{said}");

        // What the program keeps open around `run` holds no invocation.
        let event = events::task(json!({ "spans": "nested" }));
        let trace = lambda.invoke(event).await.trace().await;
        trace.assert_parent(trace.span("outer"), trace.span("aws.lambda"));
        assert_eq!(trace.spans().len(), 3, "{how}");
    }
}

#[tokio::test]
async fn the_first_invocation_keeps_its_own_spans_apart() {
    let lambda = started("around").await;
    let event = events::with(events::rest(), json!({ "spans": "nested" }));
    let trace = lambda.invoke(event).await.trace().await;
    trace.assert_parent(trace.span("outer"), trace.span("aws.lambda"));
    trace.assert_parent(trace.span("connect"), trace.span("around"));
    assert_eq!(trace.trace_id(), events::TRACE_ID);
}

#[tokio::test]
async fn the_load_span_begins_with_the_process() {
    let lambda = started("late").await;
    let trace = first(&lambda).await;
    let load = trace.span("aws.lambda.load");
    // The library was called 100 ms after the start, which the system tells to 10 ms.
    assert!(load.duration >= 90_000_000, "{load:?}");
}

#[tokio::test]
async fn how_short_is_too_short_can_be_said() {
    for (setting, blink, resolve) in [("0", true, true), ("60000", false, false)] {
        let function = binary!("starting").args(["init"]);
        let function = function.env("DD_MIN_COLD_START_DURATION", setting);
        let trace = first(&function.start().await).await;
        assert_eq!(trace.find("blink").is_some(), blink, "{setting}");
        assert_eq!(trace.find("resolve").is_some(), resolve, "{setting}");
        assert!(trace.find("aws.lambda.load").is_some());
    }
}

#[tokio::test]
async fn where_there_is_no_load_span_nothing_is_kept() {
    for (name, value) in [
        ("DD_COLD_START_TRACING", "false"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances"),
    ] {
        let lambda = binary!("starting")
            .args(["init"])
            .env(name, value)
            .start()
            .await;
        let trace = first(&lambda).await;
        assert_eq!(trace.spans().len(), 1, "{name}={value}");
    }
}

#[tokio::test]
async fn a_sandbox_that_waits_for_ten_seconds_was_started_ahead_of_need() {
    let ahead = started("init").await;
    let restored = binary!("starting").args(["init"]).freezes(true);
    let restored = restored.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    let restored = restored.start().await;
    // Nothing is waited for but time, which is what this is about: no clock of a process can be set.
    tokio::time::sleep(Duration::from_millis(10_100)).await;

    let trace = first(&ahead).await;
    let (load, span) = (trace.span("aws.lambda.load"), trace.span("aws.lambda"));
    assert_eq!(span.tag("cold_start"), Some("false"));
    assert_eq!(span.tag("proactive_initialization"), Some("true"));
    // The load ended when the function was ready, long before it was needed.
    assert!(load.end() + 10_000_000_000 < span.start, "{trace}");
    trace.assert_parent(trace.span("connect"), load);
    let metrics = ahead.agent().unwrap().metrics();
    assert!(metrics[0].contains("cold_start:false"), "{metrics:?}");
    let trace = first(&ahead).await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("cold_start"), Some("false"));
    assert_eq!(span.tag("proactive_initialization"), None);

    // How old the snapshot is does not matter.
    let trace = first(&restored).await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("cold_start"), Some("true"));
    assert_eq!(span.tag("proactive_initialization"), None);
    assert_eq!(trace.spans().len(), 1);
}

#[tokio::test]
async fn a_start_that_fails_is_a_span_and_a_metric() {
    for (how, kind, message) in [
        ("load-fails", "Error", "no database"),
        ("load-panics", "panic", "a bug while connecting"),
        ("panics", "panic", "a bug in main"),
    ] {
        let lambda = started(how).await;
        lambda.exited().await;
        let agent = lambda.agent().unwrap();
        let traces = agent.traces();
        assert_eq!(traces.len(), 1, "{how}");
        let span = traces[0].span("aws.lambda");
        assert!(span.error && span.parent_id == 0);
        assert_eq!((&*span.service, &*span.kind), ("aws.lambda", "serverless"));
        assert_eq!(span.tag("error.type"), Some(kind));
        assert_eq!(span.tag("error.message"), Some(message));
        assert_eq!(span.metric("error.status"), Some(500.0));
        assert_eq!(span.tag("resource_names"), Some("test-function"));
        let metrics = agent.metrics();
        assert_eq!(metrics.len(), 1, "{metrics:?}");
        assert!(metrics[0].starts_with("aws.lambda.enhanced.errors:1|d|#cold_start:true,"));
    }
}

#[tokio::test]
async fn a_runtime_that_finds_no_service_is_a_start_that_failed() {
    let function = binary!("starting").env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1");
    let lambda = function.start().await;
    lambda.exited().await;
    let traces = lambda.agent().unwrap().traces();
    assert!(traces[0].span("aws.lambda").error);
}

#[tokio::test]
async fn before_the_proxy_of_the_web_adapter_the_function_makes_no_span_of_its_own() {
    let function = binary!("starting").args(["init"]);
    let function = function.env("AWS_LWA_LAMBDA_RUNTIME_API_PROXY", "127.0.0.1:9002");
    let lambda = function.start().await;
    let event = events::with(events::rest(), json!({ "spans": "nested" }));
    lambda.invoke(event).await.next_requested().await;
    lambda
        .invoke(events::with(events::rest(), json!({ "fail": "no" })))
        .await
        .next_requested()
        .await;
    let agent = lambda.agent().unwrap();
    let traces = agent.traces();
    let names: Vec<_> = traces
        .iter()
        .flat_map(Trace::spans)
        .map(|span| &*span.name)
        .collect();
    assert_eq!(names, ["outer", "inner"]);
    // The extension puts its own span between the caller and these.
    let outer = traces[0].span("outer");
    assert_eq!(
        (outer.parent_id, outer.trace_id),
        (events::PARENT_ID, events::TRACE_ID)
    );
    assert_eq!(traces[0].priority(), Some(1));
    // It counts what it sees.
    let metrics = agent.metrics();
    assert!(
        !metrics.iter().any(|line| line.contains("enhanced.errors")),
        "{metrics:?}"
    );
}

#[tokio::test]
async fn a_panic_that_is_caught_leaves_a_start_as_it_was() {
    for how in ["task-panics", "caught"] {
        let lambda = started(how).await;
        let trace = first(&lambda).await;
        let function = trace.span("aws.lambda");
        assert_eq!(function.tag("cold_start"), Some("true"), "{how}");
        trace.assert_parent(trace.span("aws.lambda.load"), function);
        if how == "task-panics" {
            let agent = lambda.agent().unwrap();
            assert_eq!(agent.traces().len(), 1);
            let metrics = agent.metrics();
            let errors = metrics.iter().find(|line| line.contains("enhanced.errors"));
            assert_eq!(errors, None);
        }
    }
}

#[tokio::test]
async fn what_is_open_at_the_first_event_ends_with_the_start() {
    let trace = first(&started("open").await).await;
    let (load, open) = (trace.span("aws.lambda.load"), trace.span("open"));
    trace.assert_parent(open, load);
    assert!(open.end() <= load.end(), "{open:?} {load:?}");
}

#[tokio::test]
async fn what_was_dropped_at_the_start_is_said_on_the_first_invocation() {
    let lambda = started("flood").await;
    for dropped in [Some(5.0), None] {
        let trace = first(&lambda).await;
        let span = trace.span("aws.lambda");
        assert_eq!(span.metric("_dd.ddlambda.dropped_spans"), dropped);
    }
}

#[tokio::test]
async fn a_handler_may_be_called_where_there_is_no_tokio() {
    let lambda = started("primed-elsewhere").await;
    first(&lambda).await;
    let traces = lambda.agent().unwrap().traces();
    let primed = |trace: &&Trace| trace.span("aws.lambda").tag("request_id") == Some("primed");
    assert_eq!(traces.iter().filter(primed).count(), 2, "{traces:?}");
}

#[tokio::test]
async fn the_library_may_be_used_first_while_a_panic_is_under_way() {
    let lambda = started("unwinding").await;
    let failure = events::task(json!({ "panic": "a bug" }));
    let trace = lambda.invoke(failure).await.trace().await;
    let stack = trace.span("aws.lambda").tag("error.stack").unwrap();
    assert!(stack.starts_with("at "), "{stack}");
}

/// Before the first event there is no trace to link to.
#[tokio::test]
async fn what_follows_from_another_at_the_start_has_no_link() {
    let function = binary!("starting").args(["follows"]);
    let lambda = function
        .env("DD_MIN_COLD_START_DURATION", "0")
        .start()
        .await;
    let trace = first(&lambda).await;
    assert!(trace.find("cause").is_some());
    assert_eq!(trace.span("effect").links, []);
}
