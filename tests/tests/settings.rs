//! A setting that makes no sense is one clear line, and the default goes on.

use ddlambda::testing::{Agent, Lambda};
use ddlambda_tests::{binary, events};
use serde_json::json;

/// The lines that name the variable.
fn said(lambda: &Lambda, name: &str) -> Vec<String> {
    let mut lines = lambda.logs();
    lines.retain(|line| line.contains(name));
    lines
}

#[tokio::test]
async fn a_broken_setting_is_said_once_and_the_default_used() {
    for (name, value, used) in [
        ("DD_TRACE_ENABLED", "maybe", "true"),
        ("DD_TRACE_MANAGED_SERVICES", "yes", "true"),
        ("DD_LOGS_INJECTION", "on", "true"),
        ("DD_COLD_START_TRACING", "2", "true"),
        ("DD_TRACE_AGENT_TIMEOUT_SECONDS", "soon", "1"),
        ("DD_TRACE_AGENT_TIMEOUT_SECONDS", "-1", "1"),
        ("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "0.5", "100"),
        ("DD_TRACE_SAMPLE_RATE", "1.5", ""),
        ("DD_TRACE_SAMPLING_RULES", r#"[{"sample_rate": 1}"#, ""),
        ("DD_TRACE_RATE_LIMIT", "few", "100"),
        ("DD_SPAN_SAMPLING_RULES", "{}", ""),
        ("DD_SPAN_SAMPLING_RULES_FILE", "/none.json", ""),
        ("DD_TRACE_API_VERSION", "v0.3", "v0.4"),
        ("DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP", "pin=.*", ".*"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_RESOURCE_ATTRIBUTES", "alone", ""),
        ("DD_TAGS", "alone", ""),
        ("DD_SERVICE_MAPPING", "alone", ""),
    ] {
        for function in [binary!("function"), binary!("layered")] {
            let lambda = function.env(name, value).start().await;
            for _ in 0..2 {
                let event = events::with(events::rest(), json!({ "logs": "some" }));
                let outcome = lambda.invoke(event).await;
                let trace = outcome.trace().await;
                trace.assert_parent(trace.span("aws.lambda"), trace.span("aws.apigateway"));
                assert!(outcome.logs().await[0].contains("dd.trace_id="));
            }
            let lines = said(&lambda, name);
            assert_eq!(lines.len(), 1, "{lines:?}");
            let clear = format!("{name}=`{value}` is not ");
            let instead = match used {
                "" => "going on without it".to_owned(),
                used => format!("going on with `{used}`"),
            };
            assert!(lines[0].starts_with("[WARN]"), "{lines:?}");
            assert!(
                lines[0].contains(&clear) && lines[0].ends_with(&instead),
                "{lines:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_broken_agent_url_leaves_what_else_is_known() {
    let agent = Agent::start();
    let url = agent.url();
    let port = url.rsplit(':').next().unwrap();
    for broken in ["ftp://127.0.0.1:8126", "unix://dd.sock", "http://", ":"] {
        let function = binary!("function")
            .agent(false)
            .env("DD_TRACE_AGENT_URL", broken);
        let lambda = function.start().await;
        let outcome = lambda.invoke(json!({})).await;
        // The log, since there is nothing else.
        assert_eq!(outcome.trace().await.root().name, "aws.lambda");
        assert_eq!(said(&lambda, "DD_TRACE_AGENT_URL").len(), 1);
    }
    let function = binary!("function")
        .agent(false)
        .env("DD_TRACE_AGENT_URL", "ftp://127.0.0.1")
        .env("DD_TRACE_AGENT_PORT", port);
    let lambda = function.start().await;
    lambda.invoke(json!({})).await.next_requested().await;
    assert_eq!(agent.requests().len(), 1);
}

#[tokio::test]
async fn blank_settings_count_as_none() {
    let mut function = binary!("function");
    for name in [
        "DD_TRACE_ENABLED",
        "DD_SERVICE",
        "DD_ENV",
        "DD_TAGS",
        "DD_TRACE_AGENT_TIMEOUT_SECONDS",
        "DD_TRACE_EXTRACTOR",
        "RUST_LOG",
    ] {
        function = function.env(name, "  ");
    }
    let lambda = function.start().await;
    let trace = lambda.invoke(json!({})).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!((&*span.service, span.tag("env")), ("test-function", None));
    assert_eq!(lambda.logs(), [""; 0]);
}
