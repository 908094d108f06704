//! Handlers with the attribute as parts of something larger.

use std::time::Duration;

use ddlambda::testing::Lambda;
use lambda_runtime::{service_fn, Context, Error, LambdaEvent};
use serde_json::{json, Value};

#[ddlambda::handler(service = "inner", resource = "inner")]
async fn inner(event: LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["inner"].as_str() {
        Some("fail") => Err("the inner one failed".into()),
        _ => Ok(json!({})),
    }
}

#[ddlambda::handler(service = "outer")]
async fn outer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let next = event.payload["outer"].clone();
    let recovered = inner(event).await.is_err();
    match next.as_str() {
        Some("panic") => panic!("after the inner one"),
        Some("wait") => std::future::pending().await,
        _ => Ok(json!({ "recovered": recovered })),
    }
}

#[tokio::test]
async fn the_outermost_handler_is_the_one_that_counts() {
    let lambda = Lambda::service(|| ddlambda::run(service_fn(outer))).await;

    let outcome = lambda.invoke(json!({ "inner": "fail" })).await;
    assert_eq!(outcome.response(), &json!({ "recovered": true }));
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert!(!span.error);
    assert_eq!(span.service, "outer");
    assert_eq!(span.resource, lambda.function_name());

    let outcome = lambda.invoke(json!({ "outer": "panic" })).await;
    assert!(!outcome.is_ok());
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.message"), Some("after the inner one"));
}

#[tokio::test]
async fn what_a_closure_does_after_its_handler_counts_too() {
    let composed = |event: LambdaEvent<Value>| async move {
        let outer = event.payload["outer"] == "fail";
        let response = inner(event).await?;
        if outer {
            return Err("not delivered".into());
        }
        Ok::<_, Error>(response)
    };
    let lambda = Lambda::service(move || ddlambda::run(service_fn(composed))).await;
    let outcome = lambda.invoke(json!({ "outer": "fail" })).await;
    assert_eq!(outcome.error().unwrap().message, "not delivered");
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.message"), Some("not delivered"));
    assert_eq!(span.resource, "inner");
}

#[tokio::test]
async fn a_timeout_after_the_inner_handler_is_the_invocation_s() {
    let lambda = Lambda::service(|| ddlambda::run(service_fn(outer))).await;
    let outcome = lambda
        .invocation()
        .event(json!({ "outer": "wait" }))
        .deadline(Duration::from_millis(300))
        .send()
        .await;
    assert!(!outcome.is_ok());
    let trace = outcome.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("error.type"), Some("Impending Timeout"));
    assert_eq!(span.tag("http.status_code"), None);
}

#[tokio::test]
async fn a_handler_that_is_called_by_a_test_is_a_function_like_any() {
    let event = LambdaEvent::new(json!({}), Context::default());
    assert_eq!(outer(event).await.unwrap(), json!({ "recovered": false }));
    assert_eq!(ddlambda::current_span().span_id(), None);
}
