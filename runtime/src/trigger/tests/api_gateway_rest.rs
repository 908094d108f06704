//! Amazon API Gateway, REST APIs. The proxy integration is among the fixtures.

use super::*;

/// What a mapping template may leave of a request.
pub(super) fn mapped() -> Value {
    json!({
        "headers": { "HOST": "api.example.com", "X-Datadog-Trace-Id": 5, "x-datadog-parent-id": "6",
            "X-Amz-Invocation-Type": "Event" },
        "requestContext": { "stage": "live", "resourcePath": "/orders/{id}", "requestTimeEpoch": "1735689600123" },
    })
}

#[test]
fn a_mapped_request_is_told_as_far_as_it_goes() {
    let incoming = read_text(&mapped().to_string(), &[("DD_SERVICE", "shop")]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    assert_eq!(
        tags(&incoming.tags),
        json!({
            "function_trigger.event_source": "api-gateway",
            "http.url": "https://api.example.com",
            "http.route": "/orders/{id}"
        })
    );
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.apigateway",
            "service": "api.example.com",
            "resource": "/orders/{id}",
            "type": "web",
            "start": 1_735_689_600_123_000_000_u64,
            "ends": "before function",
            "tags": {
                "peer.service": "shop",
                "http.url": "https://api.example.com",
                "http.route": "/orders/{id}",
                "stage": "live"
            }
        }])
    );
    assert!(incoming.http);
}

#[test]
fn a_stage_alone_makes_no_span() {
    let event = json!({ "requestContext": { "stage": "live", "apiId": "a1" }, "headers": { "x-datadog-trace-id": "5" } });
    let incoming = read_event(&event);
    assert_eq!(ids(&incoming), Some((5, 0)));
    let arn = "arn:aws:apigateway:us-east-1::/restapis/a1/stages/live";
    assert_eq!(tags(&incoming.tags), source("api-gateway", Some(arn)));
    assert_eq!(spans(&incoming), json!([]));
    assert!(incoming.http);
}

#[test]
fn without_an_id_there_is_no_arn() {
    let mut event = event("apigw_rest");
    event["requestContext"]["apiId"] = Value::Null;
    let incoming = read_event(&event);
    let span = &incoming.inferred[0].span;
    assert!(!incoming.tags.has("function_trigger.event_source_arn"));
    for tag in ["dd_resource_key", "apiid", "apiname"] {
        assert!(!span.tags.has(tag), "{tag}");
    }
}

#[test]
fn the_other_members_stand_in_for_those_of_the_context() {
    let mut event = event("apigw_rest");
    let context = event["requestContext"].as_object_mut().unwrap();
    for member in ["httpMethod", "path", "domainName", "resourcePath"] {
        context.remove(member);
    }
    let incoming = read_event(&event);
    let span = &incoming.inferred[0].span;
    assert_eq!(span.resource.as_deref(), Some("GET /orders/{orderId}"));
    assert_eq!(
        span.tags.text("http.url"),
        Some("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/orders/981")
    );
    assert_eq!(incoming.inferred[0].ends, Ends::WithFunction);
}

#[test]
fn other_places_are_asked_after_the_headers() {
    let mut event = event("apigw_rest");
    event["request"] = json!({ "headers": { "x-datadog-trace-id": "8" } });
    let trace = |event: &Value| {
        let batch = r#","Records":[{"eventSource":"aws:sqs","body":"{\"_datadog\":{\"x-datadog-trace-id\":9}}"}]}"#;
        let event = event.to_string().strip_suffix('}').unwrap().to_owned() + batch;
        let incoming = read_text(&event, &[]);
        assert_eq!(incoming.inferred[0].span.name, "aws.apigateway");
        ids(&incoming).map(|(trace, _)| trace as u64)
    };
    assert_eq!(trace(&event), Some(5_211_111_111_111_111_115));
    event["headers"] = json!({ "x-datadog-trace-id": "none" });
    event["multiValueHeaders"] = json!({ "X-DATADOG-TRACE-ID": ["7"] });
    assert_eq!(trace(&event), Some(7));
    event["multiValueHeaders"] = json!({});
    assert_eq!(trace(&event), Some(8));
    event["request"]["headers"] = json!("x");
    assert_eq!(trace(&event), Some(9));
}
