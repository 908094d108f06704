//! Amazon API Gateway, WebSocket APIs.

use super::authorizer::{passed_on, FINISHED, HEADERS};
use super::*;

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
        (connect(), "$connect", "CONNECT", Some((5, 6))),
        (message, "order", "MESSAGE", None),
        (
            event("$disconnect", "DISCONNECT"),
            "$disconnect",
            "DISCONNECT",
            None,
        ),
    ] {
        let incoming = read_text(&event.to_string(), &[("DD_SERVICE", "shop")]);
        assert_eq!(ids(&incoming), context);
        let arn = "arn:aws:apigateway:us-east-1::/restapis/w1/stages/live";
        let mut expected = source("api-gateway", Some(arn));
        expected["http.url"] = format!("https://{HOST}").into();
        expected["http.useragent"] = "probe/1.0".into();
        assert_eq!(tags(&incoming.tags), expected);
        assert_eq!(
            spans(&incoming),
            json!([{
                "name": "aws.apigateway",
                "service": HOST,
                "resource": route,
                "type": "web",
                "start": 1_735_689_600_123_000_000_u64,
                "ends": "with function",
                "tags": {
                    "peer.service": "shop",
                    "dd_resource_key": "arn:aws:apigateway:us-east-1::/apis/w1",
                    "http.url": format!("https://{HOST}{route}"),
                    "endpoint": route,
                    "apiid": "w1",
                    "apiname": "w1",
                    "stage": "live",
                    "domain_name": HOST,
                    "connection_id": "c1=",
                    "event_type": kind,
                    "message_direction": "IN"
                }
            }])
        );
        assert!(incoming.http);
    }
}

#[test]
fn the_connection_is_enough_to_know_it() {
    let event = json!({ "requestContext": { "connectionId": "c1=", "eventType": 7 } });
    let incoming = read_event(&event);
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
    let incoming = read_event(&connect);
    assert_eq!(ids(&incoming), Some(HEADERS));
    let [authorizer, api] = &incoming.inferred[..] else {
        panic!("not two spans");
    };
    assert_eq!(authorizer.span.name, "aws.apigateway.authorizer");
    assert_eq!(authorizer.span.resource, api.span.resource);

    let mut message = event("order", "MESSAGE");
    message["requestContext"]["requestId"] = "ws-2".into();
    message["requestContext"]["authorizer"] = json!({ "_datadog": passed_on("ws-1", FINISHED) });
    let incoming = read_event(&message);
    assert_eq!((ids(&incoming), incoming.inferred.len()), (None, 1));
}
