//! Spans of the `tracing` crate become spans of the trace.

use ddlambda::testing::{Lambda, Outcome, Trace};
use ddlambda_tests::{binary, events};
use serde_json::json;

async fn spans(lambda: &Lambda, which: impl serde::Serialize) -> Trace {
    invoke(lambda, which).await.trace().await
}

async fn invoke(lambda: &Lambda, which: impl serde::Serialize) -> Outcome {
    lambda.invoke(events::task(json!({ "spans": which }))).await
}

async fn function() -> Lambda {
    binary!("function").start().await
}

#[tokio::test]
async fn instrumented_functions_nest() {
    let trace = spans(&function().await, "nested").await;
    let (root, outer, inner) = (
        trace.span("aws.lambda"),
        trace.span("outer"),
        trace.span("inner"),
    );
    trace.assert_parent(outer, root);
    trace.assert_parent(inner, outer);
    assert_eq!(
        (&*outer.resource, &*outer.service),
        ("outer", "test-function")
    );
    assert_eq!(outer.metric("order"), Some(7.0));
    assert_eq!(
        (outer.tag("item"), outer.tag("kind")),
        (Some("book"), Some("test"))
    );
    assert!(root.start <= outer.start && outer.start <= inner.start);
    assert!(inner.end() <= outer.end() && outer.end() <= root.end());
}

#[tokio::test]
async fn fields_become_tags_and_metrics() {
    let trace = spans(&function().await, "fields").await;
    let span = trace.span("fields");
    for (name, value) in [
        ("text", "words"),
        ("shown", "shown"),
        ("printed", "Some(1)"),
        ("large", "18446744073709551615"),
        ("nan", "NaN"),
        ("yes", "true"),
        ("http.status_code", "404"),
        ("later", "recorded"),
    ] {
        assert_eq!(span.tag(name), Some(value), "{name}");
    }
    for (name, value) in [("integer", -3.0), ("unsigned", 4.0), ("float", 1.5)] {
        assert_eq!(span.metric(name), Some(value), "{name}");
    }
    assert_eq!((span.tag("never"), span.metric("never")), (None, None));
    assert!(!span.error);
}

#[tokio::test]
async fn some_fields_have_a_meaning() {
    let trace = spans(&function().await, "conventions").await;
    let query = trace.span("query");
    assert_eq!(
        (&*query.resource, &*query.service, &*query.kind, query.error),
        ("SELECT orders", "orders-db", "sql", true)
    );
    assert_eq!(query.tag("span.kind"), Some("client"));
    assert_eq!(query.tag("error.message"), Some("no such table"));
    assert_eq!(query.tag("_dd.base_service"), Some("test-function"));
    assert_eq!(trace.span("shop.work").resource, "order 7");
    assert!(!trace.span("fine").error);
}

#[tokio::test]
async fn errors_mark_their_span() {
    let trace = spans(&function().await, "errors").await;
    for (name, message) in [
        ("by_text", "nothing left"),
        ("by_field", "the disk is full"),
        ("by_error", "the disk is full"),
        ("by_span_field", "refused"),
    ] {
        let span = trace.span(name);
        assert!(span.error, "{name}");
        assert_eq!(span.tag("error.message"), Some(message), "{name}");
    }
    assert!(trace
        .span("by_error")
        .tag("error.stack")
        .unwrap()
        .contains("Custom"));
    assert_eq!(
        trace.span("by_span_field").tag("error.type"),
        Some("Refusal")
    );
    assert!(!trace.span("only_warned").error && !trace.span("aws.lambda").error);
}

#[tokio::test]
async fn the_attribute_goes_with_instrument() {
    let lambda = binary!("function").args(["instrument-below"]).start().await;
    let outcome = invoke(&lambda, "nested").await;
    let trace = outcome.trace().await;
    let handler = trace.span("instrument_below");
    trace.assert_parent(handler, trace.span("aws.lambda"));
    trace.assert_parent(trace.span("outer"), handler);
    assert_eq!(handler.tag("request"), Some(outcome.request_id()));

    let lambda = binary!("function").args(["instrument-above"]).start().await;
    let trace = spans(&lambda, "nested").await;
    let handler = trace.span("instrument_above");
    trace.assert_parent(handler, trace.span("aws.lambda"));
    trace.assert_parent(trace.span("outer"), handler);
    assert_eq!(handler.metric("order"), Some(7.0));

    let lambda = binary!("function").args(["method"]).start().await;
    let trace = spans(&lambda, "nested").await;
    trace.assert_parent(trace.span("outer"), trace.span("aws.lambda"));
}

#[tokio::test]
async fn a_task_goes_on_in_its_span() {
    let trace = spans(&function().await, "spawned").await;
    trace.assert_parent(trace.span("within_task"), trace.span("spawns"));
    trace.assert_parent(trace.span("spawns"), trace.span("aws.lambda"));
}

#[tokio::test]
async fn spans_that_outlive_their_invocation_come_with_the_next() {
    let lambda = function().await;
    let first = invoke(&lambda, "outliving").await;
    first.next_requested().await;
    let early = lambda.traces().remove(0);
    assert_eq!(early.find("outliving"), None);
    let second = invoke(&lambda, "finish").await;

    let second = second.trace().await;
    let first = first.trace().await;
    assert_ne!(first.trace_id(), second.trace_id());
    let (root, outliving) = (first.span("aws.lambda"), first.span("outliving"));
    first.assert_parent(outliving, root);
    first.assert_parent(first.span("after_the_end"), outliving);
    assert!(outliving.end() > second.span("aws.lambda").start);
    assert_eq!(second.spans().len(), 1);
    assert_eq!(lambda.agent().unwrap().requests().len(), 2);
    // The late ones say which trace they are of, all 128 bits.
    assert_eq!(outliving.trace_id, root.trace_id);
}

#[tokio::test]
async fn parents_may_be_explicit() {
    let trace = spans(&function().await, "parents").await;
    let root = trace.span("aws.lambda");
    trace.assert_parent(trace.span("of_first"), trace.span("first"));
    trace.assert_parent(trace.span("of_nobody"), root);
    trace.assert_parent(trace.span("entered"), root);
}

#[tokio::test]
async fn what_follows_is_linked() {
    let trace = spans(&function().await, "follows").await;
    let (cause, effect) = (trace.span("cause"), trace.span("effect"));
    assert_eq!(effect.links.len(), 1);
    assert_eq!(
        (effect.links[0].trace_id, effect.links[0].span_id),
        (trace.trace_id(), cause.span_id)
    );
    trace.assert_parent(effect, trace.span("aws.lambda"));
}

#[tokio::test]
async fn debug_spans_are_not_recorded() {
    let function = binary!("function").env("RUST_LOG", "trace");
    let trace = spans(&function.start().await, "levels").await;
    trace.assert_parent(trace.span("at_error"), trace.span("at_info"));
    assert_eq!(
        (trace.find("at_debug"), trace.find("at_trace")),
        (None, None)
    );

    let function = binary!("own_subscriber").args(["parts"]);
    let trace = spans(&function.start().await, "levels").await;
    trace.assert_parent(trace.span("at_error"), trace.span("at_debug"));
    trace.assert_parent(trace.span("at_debug"), trace.span("at_info"));
    assert_eq!(trace.find("at_trace"), None);
}

#[tokio::test]
async fn tags_are_set_on_the_active_span() {
    let trace = spans(&function().await, "tags").await;
    let (root, child) = (trace.span("aws.lambda"), trace.span("child"));
    assert_eq!(
        (root.tag("order.id"), child.tag("order.id")),
        (Some("7"), Some("8"))
    );
    assert_eq!(root.metric("order.items"), Some(3.0));
    assert_eq!(root.metric("order.nothing"), None);
    assert_eq!((&*root.resource, &*child.resource), ("order 7", "order 8"));
    assert!(child.error && !root.error);
    assert_eq!(child.tag("error.message"), Some("out of stock"));
}
