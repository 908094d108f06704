//! What authorizers pass on.

use super::*;
use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

/// The ids in [`passed_on`].
pub(super) const HEADERS: (u128, u64) = (71, 72);
/// When the authorizer ended: 0.4 seconds before [`RECEIVED`].
pub(super) const FINISHED: u64 = 1_735_689_599_723_000_001;
/// When the request reached the API.
const RECEIVED: u64 = 1_735_689_600_123_000_000;

/// What an authorizer passes on for a request.
pub(super) fn passed_on(request_id: impl Into<Value>, finished: impl Into<Value>) -> String {
    encoded(&json!({
        "x-datadog-trace-id": "71", "x-datadog-parent-id": "72", "x-datadog-sampling-priority": "1",
        "x-datadog-parent-span-finish-time": finished.into(),
        "x-datadog-authorizing-requestid": request_id.into(),
    }))
}

fn encoded(value: &Value) -> String {
    STANDARD.encode(value.to_string())
}

/// A request with its own context, and with what its authorizer passed on.
fn request(authorizer: Value) -> Value {
    let mut event = event("apigw_rest");
    event["requestContext"]["authorizer"] = authorizer;
    event
}

#[test]
fn the_authorizer_has_a_span_above_that_of_the_api() {
    let event = request(
        json!({ "_datadog": passed_on("rest-req-1", FINISHED), "integrationLatency": 250 }),
    );
    let incoming = read_text(&event.to_string(), &[("DD_SERVICE", "shop")]);
    assert_eq!(ids(&incoming), Some(HEADERS));
    let host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
    let url = format!("https://{host}/live/orders/981");
    let span = |name: &str, start: u64, ends: Value| {
        json!({
            "name": name,
            "service": host,
            "resource": "GET /orders/{orderId}",
            "type": "web",
            "start": start,
            "ends": ends,
            "tags": {
                "peer.service": "shop",
                "dd_resource_key": "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5",
                "http.url": url,
                "endpoint": "/live/orders/981",
                "http.method": "GET",
                "http.route": "/orders/{orderId}",
                "http.useragent": "probe/1.0",
                "apiid": "a1b2c3d4e5",
                "apiname": "a1b2c3d4e5",
                "stage": "live",
                "domain_name": host
            }
        })
    };
    let end = RECEIVED + 250_000_000;
    let expected = json!([
        span("aws.apigateway.authorizer", FINISHED, end.into()),
        span("aws.apigateway", end, "with function".into()),
    ]);
    assert_eq!(spans(&incoming), expected);
}

#[test]
fn times_come_in_many_forms() {
    const MILLIS: u64 = 1_000_000;
    for (finished, latency, start, end) in [
        (
            json!(FINISHED),
            json!(250),
            FINISHED,
            RECEIVED + 250 * MILLIS,
        ),
        (
            json!(FINISHED.to_string()),
            json!("250.5"),
            FINISHED,
            RECEIVED + 250 * MILLIS + MILLIS / 2,
        ),
        (
            json!(1_735_689_599_723_u64),
            json!(1),
            FINISHED - 1,
            RECEIVED + MILLIS,
        ),
        (
            json!(1_735_689_599_723.5),
            json!(1.0),
            FINISHED - 1 + MILLIS / 2,
            RECEIVED + MILLIS,
        ),
        (
            json!("1735689599723"),
            json!("1"),
            FINISHED - 1,
            RECEIVED + MILLIS,
        ),
        // Without a latency, as the request tells, or with one that is over when the authorizer ends.
        (json!(FINISHED), json!(null), FINISHED, RECEIVED),
        (json!(FINISHED), json!("soon"), FINISHED, RECEIVED),
        (
            json!(RECEIVED + 9 * MILLIS),
            json!(3),
            RECEIVED + 9 * MILLIS,
            RECEIVED + 9 * MILLIS,
        ),
    ] {
        let event = request(json!({
            "_datadog": passed_on("rest-req-1", finished.clone()), "integrationLatency": latency,
        }));
        let incoming = read_event(&event);
        let starts: Vec<u64> = incoming
            .inferred
            .iter()
            .map(|inferred| inferred.span.start)
            .collect();
        // Datadog's other libraries compute in floating point.
        assert!(
            starts[0].abs_diff(start) < 500,
            "{finished} {latency}: {starts:?}"
        );
        assert_eq!(starts[1], end, "{finished} {latency}");
    }
    for finished in [
        json!(null),
        json!("late"),
        json!(-5),
        json!(0),
        json!(1e300),
        json!([1]),
        json!(u64::MAX),
    ] {
        let event = request(
            json!({ "_datadog": passed_on("rest-req-1", finished), "integrationLatency": 250 }),
        );
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), Some(HEADERS));
        assert_eq!(incoming.inferred.len(), 1);
        assert_eq!(incoming.inferred[0].span.start, RECEIVED);
    }
}

#[test]
fn an_answer_for_another_request_counts_only_if_somebody_waited_for_it() {
    let trace = |authorizer: Value| ids(&read_event(&request(authorizer))).unwrap().0 as u64;
    let (passed, own) = (71, 5_211_111_111_111_111_115);
    let cached = passed_on("rest-req-0", FINISHED);
    for (authorizer, expected) in [
        (
            json!({ "_datadog": cached, "integrationLatency": 1 }),
            passed,
        ),
        (
            json!({ "_datadog": cached, "integrationLatency": "0.5" }),
            passed,
        ),
        (json!({ "_datadog": cached, "integrationLatency": 0 }), own),
        (json!({ "_datadog": cached, "integrationLatency": -1 }), own),
        (
            json!({ "_datadog": cached, "integrationLatency": "x" }),
            own,
        ),
        (json!({ "_datadog": cached }), own),
        (json!({ "_datadog": passed_on(Value::Null, FINISHED) }), own),
        (
            json!({ "_datadog": passed_on("rest-req-1", FINISHED), "integrationLatency": 0 }),
            passed,
        ),
    ] {
        assert_eq!(trace(authorizer.clone()), expected, "{authorizer}");
    }
    let mut nameless = request(json!({ "_datadog": passed_on(Value::Null, FINISHED) }));
    nameless["requestContext"]["requestId"] = Value::Null;
    assert_eq!(ids(&read_event(&nameless)), Some(HEADERS));
}

#[test]
fn what_cannot_be_read_leaves_the_headers_to_count() {
    let told = |incoming| (ids(&incoming), tags(&incoming.tags), spans(&incoming));
    let plain = told(read_event(&event("apigw_rest")));
    let good = passed_on("rest-req-1", FINISHED);
    for authorizer in [
        json!(null),
        json!("x"),
        json!([good]),
        json!({ "principalId": "u" }),
        json!({ "_datadog": null }),
        json!({ "_datadog": { "x-datadog-trace-id": "5" }, "integrationLatency": 1 }),
        json!({ "_datadog": "%%%", "integrationLatency": 1 }),
        json!({ "_datadog": STANDARD.encode("not json"), "integrationLatency": 1 }),
        json!({ "_datadog": encoded(&json!([])), "integrationLatency": 1 }),
        json!({ "_datadog": encoded(&json!({ "x-datadog-trace-id": "0" })), "integrationLatency": 1 }),
        json!({ "_datadog": &good[..good.len() / 2], "integrationLatency": 1 }),
    ] {
        let read = told(read_event(&request(authorizer.clone())));
        assert_eq!(read, plain, "{authorizer}");
    }
    let event = request(json!({ "_datadog": good, "integrationLatency": 250 })).to_string();
    let off = read_text(&event, &[("DD_DECODE_AUTHORIZER_CONTEXT", "false")]);
    assert_eq!(told(off), plain);
}
