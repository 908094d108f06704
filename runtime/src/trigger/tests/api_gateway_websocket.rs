//! Amazon API Gateway, WebSocket APIs.

use super::authorizer::{passed_on, FINISHED, HEADERS};
use super::{described, ids, read_text};
use serde_json::{json, Value};

const HOST: &str = "w1.execute-api.eu-west-1.amazonaws.com";

fn event(route: &str, kind: &str) -> Value {
    json!({
        "requestContext": {
            "routeKey": route, "eventType": kind, "messageDirection": "IN", "stage": "live", "connectedAt": 1735689600000_u64,
            "requestTimeEpoch": 1735689600123_u64, "requestId": "ws-1", "domainName": HOST, "connectionId": "c1=",
            "apiId": "w1", "identity": { "sourceIp": "203.0.113.7", "userAgent": "probe/1.0" },
        },
        "isBase64Encoded": false,
    })
}

pub(super) fn connect() -> Value {
    let mut event = event("$connect", "CONNECT");
    event["headers"] = json!({ "HOST": HOST, "X-DATADOG-TRACE-ID": "5", "x-datadog-parent-id": 6 });
    event["multiValueHeaders"] = json!({ "HOST": [HOST] });
    event
}

#[test]
fn every_stage_of_a_connection_makes_a_span() {
    let mut message = event("order", "MESSAGE");
    message["body"] = r#"{"action": "order", "_datadog": {"x-datadog-trace-id": "5"}}"#.into();
    for (event, route, kind, context) in [
        (connect(), "$connect", "CONNECT", json!(["5", "6"])),
        (message, "order", "MESSAGE", Value::Null),
        (
            event("$disconnect", "DISCONNECT"),
            "$disconnect",
            "DISCONNECT",
            Value::Null,
        ),
    ] {
        let incoming = read_text(&event.to_string(), &[("DD_SERVICE", "shop")]);
        let expected = json!({
            "context": context,
            "tags": {
                "function_trigger.event_source": "api-gateway",
                "function_trigger.event_source_arn": "arn:aws:apigateway:us-east-1::/restapis/w1/stages/live",
                "http.url": format!("https://{HOST}"),
                "http.useragent": "probe/1.0",
            },
            "inferred": [{
                "name": "aws.apigateway", "service": HOST, "resource": route, "type": "web",
                "start": 1_735_689_600_123_000_000_u64, "ends": "WithFunction",
                "tags": {
                    "_inferred_span.tag_source": "self", "_inferred_span.synchronicity": "sync",
                    "_dd._inferred_span": 1.0, "operation_name": "aws.apigateway", "span.kind": "server",
                    "request_id": "7b2a1f5e-2c1b-4b6b-9a0e-0f1e2d3c4b5a", "resource_names": route,
                    "peer.service": "shop", "dd_resource_key": "arn:aws:apigateway:us-east-1::/apis/w1",
                    "http.url": format!("https://{HOST}{route}"), "endpoint": route,
                    "apiid": "w1", "apiname": "w1", "stage": "live", "domain_name": HOST,
                    "connection_id": "c1=", "event_type": kind, "message_direction": "IN",
                },
            }],
            "http": true,
        });
        assert_eq!(described(&incoming), expected);
    }
}

#[test]
fn the_connection_is_enough_to_know_it() {
    let event = json!({ "requestContext": { "connectionId": "c1=", "eventType": 7 } });
    let incoming = read_text(&event.to_string(), &[]);
    let span = &incoming.inferred[0].span;
    assert_eq!((&*span.name, &span.resource), ("aws.apigateway", &None));
    assert_eq!(span.tags.text("connection_id"), Some("c1="));
    assert!(!span.tags.has("event_type"));
}

#[test]
fn the_authorizer_stands_above_the_connection_but_not_above_later_messages() {
    let mut connect = connect();
    connect["requestContext"]["authorizer"] =
        json!({ "_datadog": passed_on("ws-1", FINISHED), "integrationLatency": 250 });
    let incoming = read_text(&connect.to_string(), &[]);
    assert_eq!(ids(&incoming), Some(HEADERS));
    let [authorizer, api] = &incoming.inferred[..] else {
        panic!("not two spans");
    };
    assert_eq!(authorizer.span.name, "aws.apigateway.authorizer");
    assert_eq!(authorizer.span.resource, api.span.resource);

    let mut message = event("order", "MESSAGE");
    message["requestContext"]["requestId"] = "ws-2".into();
    message["requestContext"]["authorizer"] = json!({ "_datadog": passed_on("ws-1", FINISHED) });
    let incoming = read_text(&message.to_string(), &[]);
    assert_eq!((ids(&incoming), incoming.inferred.len()), (None, 1));
}
