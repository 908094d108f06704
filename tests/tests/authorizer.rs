//! An authorizer and the function behind it are one trace.

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

const METHOD_ARN: &str =
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/orders/981";

/// The event of an authorizer that is shown the whole request.
fn with_request(mut event: Value) -> Value {
    event["type"] = "REQUEST".into();
    event["methodArn"] = METHOD_ARN.into();
    event["requestContext"]["requestId"] = "req-1".into();
    event
}

fn token() -> Value {
    json!({ "type": "TOKEN", "authorizationToken": "t", "methodArn": METHOD_ARN })
}

fn http_api(version: &str) -> Value {
    let mut event = match version {
        "1.0" => with_request(events::rest()),
        _ => with_request(events::http_api()),
    };
    event["version"] = version.into();
    if version == "2.0" {
        event["routeArn"] = event["methodArn"].take();
    }
    event
}

fn web_socket() -> Value {
    json!({
        "headers": events::headers(),
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "messageDirection": "IN", "stage": "live",
            "requestTimeEpoch": 1735689600123_u64, "requestId": "req-1", "connectionId": "c1=", "apiId": "w1",
            "domainName": "w1.execute-api.us-east-1.amazonaws.com",
        },
    })
}

/// The request as the function behind the API gets it.
fn authorized(mut event: Value, authorizer: Value) -> Value {
    event["requestContext"]["requestId"] = "req-1".into();
    event["requestContext"]["authorizer"] = authorizer;
    event
}

/// Whether the outermost span of the second trace goes on where a span of the first ended.
#[track_caller]
fn assert_continues(second: &Trace, first: &Trace, span: &str) {
    let (root, parent) = (second.root(), first.span(span));
    assert_eq!(root.trace_id, parent.trace_id, "{first}\n{second}");
    assert_eq!(root.parent_id, parent.span_id, "{first}\n{second}");
    assert_eq!(root.start, parent.end(), "{first}\n{second}");
}

#[tokio::test]
async fn a_typed_answer_makes_one_trace_of_two_functions() {
    let authorizer = binary!("function").args(["authorizer"]).start().await;
    let function = binary!("function").start().await;
    for (asked, span, event) in [
        (
            with_request(events::rest()),
            "aws.apigateway",
            events::rest_without_context(),
        ),
        (token(), "aws.lambda", events::rest_without_context()),
        (http_api("1.0"), "aws.apigateway", events::rest()),
        (with_request(web_socket()), "aws.apigateway", web_socket()),
    ] {
        let outcome = authorizer.invoke(&asked).await;
        let mut context = outcome.response()["context"].clone();
        assert_eq!(context["tenant"], "acme");
        context["integrationLatency"] = 3.into();
        let first = outcome.trace().await;
        let trace_id = if span == "aws.lambda" {
            first.trace_id()
        } else {
            events::TRACE_ID
        };
        assert_eq!(first.trace_id(), trace_id);

        let outcome = function.invoke(authorized(event, context)).await;
        let second = outcome.trace().await;
        assert_continues(&second, &first, span);
        let (above, api) = (second.root(), second.span("aws.apigateway"));
        assert_eq!(above.name, "aws.apigateway.authorizer");
        second.assert_parent(api, above);
        second.assert_parent(second.span("aws.lambda"), api);
        assert_eq!(above.tag("http.status_code"), None);
        assert_eq!(api.tag("http.status_code"), Some("200"));
    }
}

#[tokio::test]
async fn http_apis_take_a_policy_and_a_simple_answer() {
    let function = binary!("function").start().await;
    let policy = binary!("function").args(["authorizer"]).start().await;
    let simple = json!({ "respond": { "isAuthorized": true } });
    for (authorizer, asked) in [
        (&policy, http_api("2.0")),
        (&function, events::with(http_api("2.0"), simple)),
    ] {
        let outcome = authorizer.invoke(&asked).await;
        let context = json!({ "lambda": outcome.response()["context"] });
        let first = outcome.trace().await;
        let outcome = function
            .invoke(authorized(events::http_api(), context))
            .await;
        let second = outcome.trace().await;
        assert_continues(&second, &first, "aws.httpapi");
        assert_eq!(second.root().name, "aws.httpapi");
        second.assert_parent(second.span("aws.lambda"), second.root());
    }
}

/// Whether the function answers with these very bytes.
async fn assert_untouched(lambda: &Lambda, event: Value, answer: &Value) {
    let event = events::with(event, json!({ "respond": answer }));
    let outcome = lambda.invoke(&event).await;
    assert_eq!(outcome.body(), answer.to_string().as_bytes(), "{event}");
}

#[tokio::test]
async fn no_other_response_changes() {
    let answer =
        json!({ "principalId": "u", "policyDocument": { "Statement": [] }, "context": { "a": 1 } });
    let function = binary!("function").start().await;
    let mut unnamed = token();
    unnamed["methodArn"] = Value::Null;
    for event in [events::rest(), json!({ "type": "TOKEN" }), unnamed] {
        assert_untouched(&function, event, &answer).await;
    }
    assert_untouched(&function, token(), &json!({ "isAuthorized": true })).await;
    assert_untouched(&function, token(), &json!({ "error": "no policy" })).await;

    let off = binary!("function").env("DD_ENCODE_AUTHORIZER_CONTEXT", "false");
    assert_untouched(&off.start().await, token(), &answer).await;
    let off = binary!("function").env("DD_TRACE_ENABLED", "false");
    assert_untouched(&off.start().await, token(), &answer).await;
}

#[tokio::test]
async fn a_function_may_ignore_its_authorizer() {
    let authorizer = binary!("function").args(["authorizer"]).start().await;
    let outcome = authorizer.invoke(with_request(events::rest())).await;
    let context = outcome.response()["context"].clone();
    let off = binary!("function").env("DD_DECODE_AUTHORIZER_CONTEXT", "false");
    let outcome = off
        .start()
        .await
        .invoke(authorized(events::rest(), context))
        .await;
    let trace = outcome.trace().await;
    assert_eq!(
        (&*trace.root().name, trace.trace_id()),
        ("aws.apigateway", events::TRACE_ID)
    );
}
