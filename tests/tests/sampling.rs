//! Which traces are kept, who says so, and who is told.

use ddlambda::testing::{Lambda, Span, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

const RATE: &str = "DD_TRACE_SAMPLE_RATE";
const RULES: &str = "DD_TRACE_SAMPLING_RULES";

async fn function(variables: &[(&str, &str)]) -> Lambda {
    let mut function = binary!("function");
    for (name, value) in variables {
        function = function.env(*name, *value);
    }
    function.start().await
}

/// The trace, and the headers if the function answers with some.
async fn traced(lambda: &Lambda, event: Value) -> (Trace, Value) {
    let outcome = lambda.invoke(event).await;
    let trace = outcome.trace().await;
    (trace, outcome.response().clone())
}

/// The priority and who has decided, which the first span tells.
fn decision(trace: &Trace) -> (Option<i32>, Option<&str>) {
    (trace.priority(), trace.root().tag("_dd.p.dm"))
}

/// A task that sets tags, tells the headers, and sets other tags.
fn between(before: Value, after: Value) -> Value {
    json!({ "context": { "between": [before, after] } })
}

#[tokio::test]
async fn a_trace_that_is_dropped_is_sent_and_says_so() {
    let lambda = function(&[(RATE, "0")]).await;
    let event = events::task(between(json!({}), json!({})));
    let (trace, headers) = traced(&lambda, event).await;
    assert_eq!(decision(&trace), (Some(-1), Some("-3")));
    let root = trace.root();
    assert_eq!(root.metric("_dd.rule_psr"), Some(0.0));
    assert_eq!(root.tag("_dd.p.ksr"), Some("0"));
    assert_eq!(headers["x-datadog-sampling-priority"], "-1");
    let tags = headers["x-datadog-tags"].as_str().unwrap();
    assert!(tags.contains("_dd.p.dm=-3") && tags.contains("_dd.p.ksr=0"));
    assert!(headers["traceparent"].as_str().unwrap().ends_with("-00"));
    let state = headers["tracestate"].as_str().unwrap();
    assert!(
        state.starts_with("dd=s:-1") && state.contains(",ot=rv:"),
        "{state}"
    );
}

#[tokio::test]
async fn the_caller_decides_first() {
    let lambda = function(&[(RATE, "0")]).await;
    let event = json!({ "_datadog": events::headers() });
    let (trace, _) = traced(&lambda, event).await;
    assert_eq!(decision(&trace), (Some(2), Some("-4")));
    assert_eq!(trace.root().metric("_dd.rule_psr"), None);
    // A caller that has not decided leaves it to us.
    let mut headers = events::headers();
    for name in ["x-datadog-sampling-priority", "x-datadog-tags"] {
        headers.as_object_mut().unwrap().remove(name);
    }
    let (trace, _) = traced(&lambda, json!({ "_datadog": headers })).await;
    assert_eq!(decision(&trace), (Some(-1), Some("-3")));
}

#[tokio::test]
async fn the_first_rule_for_the_first_span_decides() {
    let rules = r#"[
        {"service": "TEST-*", "name": "aws.lambda", "resource": "test-function", "tags": {"request_id": "*", "tier": "gold"}, "sample_rate": 1},
        {"name": "aws.apigateway", "tags": {"http.method": "g?t"}, "sample_rate": 1},
        {"sample_rate": 0}
    ]"#;
    let lambda = function(&[(RULES, rules)]).await;
    let gold = || json!({ "tier": "gold" });
    for (event, priority) in [
        (json!({}), -1),
        (events::task(json!({ "tags": gold() })), 2),
        (events::task(between(gold(), json!({}))), 2),
        // Too late: others have been told.
        (events::task(between(json!({}), gold())), -1),
        (events::rest_without_context(), 2),
    ] {
        let (trace, headers) = traced(&lambda, event.clone()).await;
        assert_eq!(decision(&trace), (Some(priority), Some("-3")), "{event}");
        let priority = priority.to_string();
        let told = headers["x-datadog-sampling-priority"].as_str();
        assert!(told.is_none_or(|told| told == priority), "{event}");
    }
}

#[tokio::test]
async fn the_function_itself_has_the_last_word() {
    let keep = || json!({ "manual.keep": "true" });
    let lambda = function(&[(RATE, "0")]).await;
    let mut dropped = events::headers();
    dropped["x-datadog-sampling-priority"] = json!("-1");
    dropped["x-datadog-tags"] = json!("_dd.p.dm=-3");
    let inherited = |task| events::with(json!({ "_datadog": dropped }), task);
    for (event, told, priority) in [
        (events::task(json!({ "tags": keep() })), None, 2),
        (inherited(json!({ "tags": keep() })), None, 2),
        (inherited(between(keep(), json!({}))), Some("2"), 2),
        (events::task(between(json!({}), keep())), Some("-1"), 2),
        (
            events::task(between(keep(), json!({ "manual.drop": "1" }))),
            Some("2"),
            -1,
        ),
        (events::task(json!({ "spans": "lost" })), None, -1),
    ] {
        let (trace, headers) = traced(&lambda, event.clone()).await;
        assert_eq!(decision(&trace), (Some(priority), Some("-4")), "{event}");
        let root = trace.root();
        assert_eq!(
            (root.tag("manual.keep"), root.metric("_dd.rule_psr")),
            (None, None)
        );
        assert_eq!(
            headers["x-datadog-sampling-priority"].as_str(),
            told,
            "{event}"
        );
    }
    let (trace, _) = traced(
        &lambda,
        events::task(json!({ "tags": { "manual.keep": "false" } })),
    )
    .await;
    assert_eq!(decision(&trace), (Some(-1), Some("-3")));
}

#[tokio::test]
async fn there_is_a_limit_to_what_rules_keep() {
    let lambda = function(&[(RATE, "1"), ("DD_TRACE_RATE_LIMIT", "0")]).await;
    let (trace, _) = traced(&lambda, json!({})).await;
    assert_eq!(decision(&trace), (Some(-1), Some("-3")));
    let root = trace.root();
    assert_eq!(root.metric("_dd.rule_psr"), Some(1.0));
    assert_eq!(root.metric("_dd.limit_psr"), Some(0.0));
}

#[tokio::test]
async fn an_agent_tells_its_rates() {
    let lambda = function(&[("DD_ENV", "prod")]).await;
    let agent = lambda.agent().unwrap();
    agent.set_rates([
        ("service:test-function,env:prod", 0.0),
        ("service:,env:", 1.0),
    ]);
    // The first answer comes after the first trace.
    let (trace, _) = traced(&lambda, json!({})).await;
    assert_eq!(decision(&trace), (Some(1), Some("-0")));
    let (trace, headers) = traced(&lambda, events::task(between(json!({}), json!({})))).await;
    assert_eq!(decision(&trace), (Some(0), Some("-1")));
    assert_eq!(trace.root().metric("_dd.agent_psr"), Some(0.0));
    assert_eq!(headers["x-datadog-sampling-priority"], "0");
    // The first span is another service's here.
    let (trace, _) = traced(&lambda, events::rest_without_context()).await;
    assert_eq!(decision(&trace), (Some(1), Some("-1")));
    agent.set_rates([]);
    traced(&lambda, json!({})).await;
    let (trace, _) = traced(&lambda, json!({})).await;
    assert_eq!(decision(&trace), (Some(1), Some("-0")));
}

fn marks(span: &Span) -> [Option<f64>; 3] {
    ["mechanism", "rule_rate", "max_per_second"]
        .map(|name| span.metric(&format!("_dd.span_sampling.{name}")))
}

#[tokio::test]
async fn single_spans_are_kept_of_a_trace_that_is_dropped() {
    let rules = r#"[{"name": "inn*", "max_per_second": 50}, {"name": "outer", "sample_rate": 0}]"#;
    let file =
        std::env::temp_dir().join(format!("ddlambda-span-rules-{}.json", std::process::id()));
    std::fs::write(&file, rules).unwrap();
    let by_file = ("DD_SPAN_SAMPLING_RULES_FILE", file.to_str().unwrap());
    let nested = || events::task(json!({ "spans": "nested" }));
    for by in [("DD_SPAN_SAMPLING_RULES", rules), by_file] {
        let (trace, _) = traced(&function(&[(RATE, "0"), by]).await, nested()).await;
        assert_eq!(trace.priority(), Some(-1));
        assert_eq!(
            marks(trace.span("inner")),
            [Some(8.0), Some(1.0), Some(50.0)]
        );
        assert_eq!(marks(trace.span("outer")), [None; 3]);
        assert_eq!(marks(trace.span("aws.lambda")), [None; 3]);
        let (trace, _) = traced(&function(&[by]).await, nested()).await;
        assert_eq!(marks(trace.span("inner")), [None; 3]);
    }
    std::fs::remove_file(file).unwrap();
}
