//! Amazon API Gateway, HTTP APIs. The proxy integration is among the fixtures.

use super::authorizer::{passed_on, FINISHED, HEADERS};
use super::*;

#[test]
fn the_span_begins_when_the_authorizer_has_ended() {
    let mut event = event("apigw_http_default_route");
    let plain = read_event(&event);
    event["requestContext"]["requestId"] = "req-1".into();
    let mut with = |authorizer| {
        event["requestContext"]["authorizer"] = authorizer;
        read_event(&event)
    };
    let incoming = with(json!({ "lambda": { "_datadog": passed_on("req-1", FINISHED) } }));
    assert_eq!(ids(&incoming), Some(HEADERS));
    assert_eq!(incoming.inferred.len(), 1);
    assert_eq!(incoming.inferred[0].span.start, FINISHED);
    assert_eq!(incoming.inferred[0].span.tags, plain.inferred[0].span.tags);

    for authorizer in [
        json!({ "lambda": { "_datadog": passed_on("req-0", FINISHED) } }),
        json!({ "lambda": "x" }),
        json!({ "lambda": null }),
        json!({ "jwt": { "claims": { "_datadog": passed_on("req-1", FINISHED) } } }),
        json!({ "iam": { "accessKey": "A" } }),
    ] {
        let incoming = with(authorizer.clone());
        assert_eq!(ids(&incoming), ids(&plain), "{authorizer}");
        assert_eq!(
            incoming.inferred[0].span.start,
            plain.inferred[0].span.start
        );
    }
}
