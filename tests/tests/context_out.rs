//! The trace goes on in what the function sends.

use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

#[tokio::test]
async fn the_active_span_is_told_to_others() {
    let lambda = binary!("function").start().await;
    let event = json!({ "_datadog": events::headers(), "do": { "context": "headers" } });
    let outcome = lambda.invoke(event).await;
    let trace = outcome.trace().await;
    let (function, call) = (trace.span("aws.lambda"), trace.span("call"));
    trace.assert_parent(call, function);
    for (place, span) in [("handler", function), ("child", call)] {
        let told = &outcome.response()[place];
        assert_eq!(told["trace_id"], "65e1f2a300000000485195f226de71cb");
        assert_eq!(told["span_id"], span.span_id);
        let headers = &told["headers"];
        assert_eq!(headers["x-datadog-trace-id"], "5211111111111111115");
        assert_eq!(headers["x-datadog-parent-id"], span.span_id.to_string());
        assert_eq!(headers["x-datadog-sampling-priority"], "2");
        assert_eq!(headers["x-datadog-origin"], "rum");
        let tags = text(&headers["x-datadog-tags"]);
        assert!(tags.contains("_dd.p.tid=65e1f2a300000000") && tags.contains("_dd.p.dm=-4"));
        let parent = format!(
            "00-65e1f2a300000000485195f226de71cb-{:016x}-01",
            span.span_id
        );
        assert_eq!(headers["traceparent"], parent);
        assert!(text(&headers["tracestate"]).starts_with("dd=s:2"));
    }
}

#[tokio::test]
async fn what_one_function_sends_another_continues() {
    let (orders, payments) = (
        binary!("function").start().await,
        binary!("function").start().await,
    );
    let outcome = orders
        .invoke(events::task(json!({ "context": "headers" })))
        .await;
    let trace = outcome.trace().await;
    let call = trace.span("call");
    let headers = &outcome.response()["child"]["headers"];
    let w3c = json!({ "traceparent": headers["traceparent"], "tracestate": headers["tracestate"] });
    for carrier in [headers.clone(), w3c] {
        let next = payments
            .invoke(json!({ "_datadog": carrier }))
            .await
            .trace()
            .await;
        let root = next.root();
        assert_eq!(
            (root.trace_id, root.parent_id),
            (call.trace_id, call.span_id)
        );
        assert_eq!(next.priority(), Some(1));
        assert_eq!(root.tag("_dd.p.dm"), Some("-0"));
    }
}

#[tokio::test]
async fn headers_are_injected_into_requests_and_payloads() {
    let lambda = binary!("function").start().await;
    let outcome = lambda
        .invoke(events::task(json!({ "context": "inject" })))
        .await;
    let span_id = outcome.trace().await.span("aws.lambda").span_id.to_string();
    let response = outcome.response();
    assert_eq!(response["headers"]["x-datadog-parent-id"], span_id);
    assert_eq!(response["message"]["order"], 7);
    assert_eq!(response["message"]["_datadog"], response["headers"]);
}

#[tokio::test]
async fn baggage_goes_on_with_what_was_set_and_removed() {
    let lambda = binary!("function").start().await;
    let carrier = json!({ "baggage": "user.id=7,region=eu,old=1" });
    let task = json!({ "propagate": { "baggage": { "user.id": "8", "cart": "a b", "old": "" } } });
    let outcome = lambda
        .invoke(json!({ "_datadog": carrier, "do": task }))
        .await;
    let told = outcome.response();
    let baggage = json!({ "user.id": "8", "region": "eu", "cart": "a b" });
    assert_eq!(told["baggage"], baggage);
    assert_eq!(told["headers"]["baggage"], "user.id=8,region=eu,cart=a%20b");
    let trace = outcome.trace().await;
    let function = trace.span("aws.lambda");
    assert_eq!(function.tag("baggage.user.id"), Some("7"), "as it came");
    assert_eq!(function.tag("baggage.region"), None);
    let next = lambda
        .invoke(events::task(json!({ "propagate": {} })))
        .await;
    assert_eq!(next.response()["baggage"], json!({}));
}

#[tokio::test]
async fn the_styles_say_which_headers_are_read_and_written() {
    const OURS: &str = "DD_TRACE_PROPAGATION_STYLE";
    const THEIRS: &str = "OTEL_PROPAGATORS";
    let b3 = ["x-b3-sampled", "x-b3-spanid", "x-b3-traceid"];
    let w3c = ["traceparent", "tracestate"];
    for (variables, written) in [
        (&[(THEIRS, "b3multi")][..], &b3[..]),
        (&[(THEIRS, "tracecontext")], &w3c),
        (&[(THEIRS, "tracecontext,b3multi"), (OURS, "b3multi")], &b3),
        (&[(THEIRS, "b3multi"), (OURS, "tracecontext")], &w3c),
        (&[(THEIRS, "none")], &[]),
    ] {
        let function = binary!("function");
        let variables = variables.iter();
        let function = variables.fold(function, |function, (name, value)| {
            function.env(name, value)
        });
        let lambda = function.start().await;
        let headers = json!({
            "x-b3-traceid": "000000000000002a", "x-b3-spanid": "0000000000000007", "x-b3-sampled": "1",
            "traceparent": "00-0000000000000000000000000000002b-0000000000000008-01",
        });
        let event = json!({ "_datadog": headers, "do": { "context": "headers" } });
        let outcome = lambda.invoke(event).await;
        let names = outcome.response()["child"]["headers"].as_object().unwrap();
        let mut names: Vec<&str> = names.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, written);
        let trace_id = outcome.trace().await.trace_id();
        match written.first() {
            Some(name) if name.starts_with("x-b3") => assert_eq!(trace_id, 42),
            Some(_) => assert_eq!(trace_id, 43),
            None => assert!(trace_id != 42 && trace_id != 43),
        }
    }
}
