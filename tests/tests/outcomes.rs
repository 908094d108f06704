//! How an invocation ended stands on its spans.

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

async fn rest(lambda: &Lambda, task: Value) -> Trace {
    let event = events::with(events::rest(), task);
    lambda.invoke(event).await.trace().await
}

/// The status code, and whether the span failed, of `aws.lambda` and of the inferred span.
fn marks(trace: &Trace) -> [(Option<&str>, bool); 2] {
    ["aws.lambda", "aws.apigateway"].map(|name| {
        let span = trace.span(name);
        (span.tag("http.status_code"), span.error)
    })
}

#[tokio::test]
async fn a_success_has_the_status_of_its_response() {
    let lambda = binary!("function").start().await;
    for (task, status, failed) in [
        (json!({ "respond": { "statusCode": 201 } }), "201", false),
        (json!({ "respond": { "statusCode": "404" } }), "404", false),
        (json!({ "respond": { "body": "" } }), "200", false),
        (json!({ "respond": "plain" }), "200", false),
        (json!("nothing"), "200", false),
        (json!({ "respond_typed": 302 }), "302", false),
        (json!({ "respond_typed": 503 }), "503", true),
        (json!({ "respond": { "statusCode": 500 } }), "500", true),
    ] {
        let trace = rest(&lambda, task.clone()).await;
        let expected = (Some(status), failed);
        assert_eq!(marks(&trace), [expected, expected], "{task}");
        assert_eq!(trace.span("aws.lambda").tag("error.message"), None);
    }
}

#[tokio::test]
async fn a_boxed_error_is_told_and_marked() {
    let lambda = binary!("function").start().await;
    let event = events::with(events::rest(), json!({ "fail": "no stock" }));
    let outcome = lambda.invoke(event).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.message, "no stock");

    let trace = outcome.trace().await;
    assert_eq!(marks(&trace), [(Some("502"), true); 2]);
    for name in ["aws.lambda", "aws.apigateway"] {
        let span = trace.span(name);
        assert_eq!(span.tag("error.message"), Some("no stock"));
        assert_eq!(span.tag("error.type"), Some("Error"));
        assert!(span.tag("error.stack").unwrap().contains("no stock"));
    }
    assert!(lambda.invoke(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_boxed_error_keeps_the_name_of_its_type() {
    let lambda = binary!("function").start().await;
    let outcome = lambda.invoke(events::task(json!({ "decline": 3 }))).await;
    let message = "the card was declined with code 3";
    assert_eq!(outcome.error().unwrap().message, message);
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Declined"));
    assert_eq!(span.tag("error.message"), Some(message));
    assert_eq!(span.tag("error.stack"), Some("Declined { code: 3 }"));
}

#[tokio::test]
async fn a_custom_error_says_what_it_is() {
    let lambda = binary!("function").args(["custom"]).start().await;
    let outcome = lambda.invoke(events::task(json!({ "decline": 5 }))).await;
    let message = "the card was declined with code 5";
    let error = outcome.error().unwrap();
    assert_eq!(
        (&*error.error_type, &*error.message),
        ("CardDeclined", message)
    );
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert!(span.error);
    assert_eq!(span.tag("error.type"), Some("CardDeclined"));
    assert_eq!(span.tag("error.message"), Some(message));
    assert_eq!(span.tag("error.stack"), Some("Declined { code: 5 }"));
}

#[tokio::test]
async fn a_panic_is_marked_and_still_reported_by_the_runtime() {
    let untraced = binary!("function").env("DD_TRACE_ENABLED", "false");
    let untraced = untraced.start().await;
    for function in [binary!("function"), binary!("layered"), binary!("plain")] {
        let lambda = function.start().await;
        for task in [
            json!({ "panic": "a bug" }),
            json!({ "panic_formatted": "a bug" }),
        ] {
            let event = events::with(events::rest(), task);
            let outcome = lambda.invoke(&event).await;
            let expected = untraced.invoke(&event).await;
            assert_eq!(outcome.error(), expected.error());
            assert!(outcome.error().unwrap().message.contains("a bug"));

            let trace = outcome.trace().await;
            let span = trace.span("aws.lambda");
            assert!(span.error);
            assert_eq!(span.tag("error.type"), Some("panic"));
            assert_eq!(span.tag("error.message"), Some("a bug"));
            let stack = span.tag("error.stack").unwrap();
            assert!(stack.starts_with("at tests/src/task/mod.rs:"), "{stack}");

            // The hook that was there before has said it, too, once.
            let logs = outcome.logs().await;
            let said = logs
                .iter()
                .filter(|line| line.contains("panicked at tests/src/task"));
            assert_eq!(said.count(), 1, "{logs:?}");

            // The function lives on, and the next span is clean.
            let trace = lambda.invoke(json!({})).await.trace().await;
            assert!(!trace.span("aws.lambda").error);
        }
    }
}

#[tokio::test]
async fn a_panic_leaves_the_open_spans_finished() {
    let lambda = binary!("function").args(["instrument-below"]).start().await;
    let outcome = lambda
        .invoke(events::task(json!({ "panic": "a bug" })))
        .await;
    let trace = outcome.trace().await;
    let child = trace.span("instrument_below");
    trace.assert_parent(child, trace.span("aws.lambda"));
}

#[tokio::test]
async fn an_event_that_does_not_decode_is_an_error_with_the_path() {
    let lambda = binary!("function").args(["strict"]).start().await;
    let event = json!({ "items": [{ "price": 1 }, { "price": "free" }] });
    let outcome = lambda.invoke(event).await;
    let error = outcome.error().unwrap();
    assert!(error.message.contains("items[1].price"), "{error}");

    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert!(span.error);
    let message = span.tag("error.message").unwrap();
    assert!(
        message.contains("[items[1].price]") && message.contains("invalid type"),
        "{message}"
    );
    assert_eq!(
        span.tag("error.type"),
        Some("lambda_runtime::DeserializeError")
    );

    let outcome = lambda.invoke(json!({ "items": [{ "price": 3 }] })).await;
    assert_eq!(outcome.response(), &json!(3));
    assert!(!outcome.trace().await.span("aws.lambda").error);
}

#[tokio::test]
async fn an_event_that_is_no_json_is_an_error_too() {
    let lambda = binary!("function").start().await;
    for body in [&b"{"[..], b"", b"\xff\xfe", b"{\"a\":}"] {
        let outcome = lambda.invocation().bytes(body).send().await;
        assert!(!outcome.is_ok(), "{body:?}");
        let trace = outcome.trace().await;
        let span = trace.span("aws.lambda");
        assert!(span.error && span.tag("error.message").is_some());
    }
}

#[tokio::test]
async fn the_layer_alone_does_not_know_of_decode_errors_and_makes_none_up() {
    let lambda = binary!("layered").start().await;
    lambda.invoke(json!({})).await.next_requested().await;
    let outcome = lambda.invoke(json!([1])).await;
    assert!(!outcome.is_ok());
    assert!(!outcome.trace().await.span("aws.lambda").error);
}

#[tokio::test]
async fn a_response_that_does_not_serialise_ends_the_process_but_not_the_trace() {
    for function in [binary!("function"), binary!("layered")] {
        let lambda = function.start().await;
        let event = events::with(events::rest(), "respond_unserialisable");
        let outcome = lambda.invoke(event).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.error_type, "Runtime.ExitError");
        assert_eq!(lambda.exited().await, Some(1));

        let trace = outcome.trace().await;
        assert_eq!(marks(&trace), [(Some("502"), true); 2]);
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("error.type"), Some("serde_json::Error"));
        assert_eq!(span.tag("error.message"), Some("key must be a string"));
    }
}

#[tokio::test]
async fn a_queue_does_not_meet_the_error() {
    let lambda = binary!("function").start().await;
    for task in [
        json!({ "fail": "no stock" }),
        json!({ "panic": "a bug" }),
        json!({ "respond": { "statusCode": 500 } }),
    ] {
        let is_error = task.get("respond").is_none();
        let event = events::with(events::sqs_binary(), task);
        let trace = lambda.invoke(event).await.trace().await;
        let (function, queue) = (trace.span("aws.lambda"), trace.span("aws.sqs"));
        assert_eq!((function.error, queue.error), (is_error, false));
        for span in [function, queue] {
            assert_eq!(span.tag("http.status_code"), None);
        }
        assert!(queue.end() <= function.start);
    }
}

#[tokio::test]
async fn a_handler_without_the_attribute_is_observed_all_the_same() {
    let lambda = binary!("function").args(["untouched"]).start().await;
    let trace = rest(&lambda, json!({ "respond": { "statusCode": 201 } })).await;
    assert_eq!(marks(&trace), [(Some("201"), false); 2]);
    assert_eq!(trace.trace_id(), events::TRACE_ID);

    let trace = rest(&lambda, json!({ "fail": "no stock" })).await;
    assert_eq!(marks(&trace), [(Some("502"), true); 2]);
    assert_eq!(
        trace.span("aws.lambda").tag("error.message"),
        Some("no stock")
    );

    let trace = rest(&lambda, json!({ "panic": "a bug" })).await;
    assert_eq!(trace.span("aws.lambda").tag("error.type"), Some("panic"));

    let trace = rest(&lambda, json!({ "spans": "nested" })).await;
    trace.assert_parent(trace.span("outer"), trace.span("aws.lambda"));
}

#[tokio::test]
async fn a_handler_on_requests_has_the_status_it_answers_with() {
    let lambda = binary!("http").start().await;
    let mut event = events::rest();
    for (body, status, failed) in [
        (r#"{"do":{"respond":201}}"#, "201", false),
        (r#"{"do":{"respond":503}}"#, "503", true),
        (r#"{"do":{"fail":"no stock"}}"#, "502", true),
        (r#"{"do":{"panic":"a bug"}}"#, "502", true),
    ] {
        event["body"] = body.into();
        let outcome = lambda.invoke(&event).await;
        if !failed {
            assert_eq!(outcome.response()["statusCode"], 201);
        }
        let expected = (Some(status), failed);
        assert_eq!(marks(&outcome.trace().await), [expected; 2], "{body}");
    }
}

#[tokio::test]
async fn services_of_http_without_a_span_have_a_status_too() {
    let lambda = binary!("function").start().await;
    let lattice =
        json!({ "raw_path": "/", "method": "GET", "headers": {}, "query_string_parameters": {} });
    let event = events::with(lattice, json!({ "respond": { "statusCode": 503 } }));
    let trace = lambda.invoke(event).await.trace().await;
    let span = trace.root();
    assert_eq!(
        span.tag("function_trigger.event_source"),
        Some("vpc-lattice")
    );
    assert_eq!(
        (span.tag("http.status_code"), span.error),
        (Some("503"), true)
    );
}
