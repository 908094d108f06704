//! AWS AppSync.

use super::*;

#[test]
fn the_request_of_a_resolver_has_the_context() {
    let mut event = event("appsync");
    event["request"]["headers"] =
        json!({ "X-DATADOG-TRACE-ID": "5", "x-datadog-parent-id": 6, "x-datadog-origin": "rum" });
    let incoming = read_event(&event);
    assert_eq!(ids(&incoming), Some((5, 6)));
    assert_eq!(tags(&incoming.tags), json!({}));
    assert_eq!(spans(&incoming), json!([]));
    assert!(!incoming.http);
    assert_eq!(incoming.context.unwrap().origin(), Some("rum"));
}

#[test]
fn without_one_there_the_other_places_are_asked() {
    let headers = json!({ "x-datadog-trace-id": "5", "x-datadog-parent-id": "6" });
    for request in [
        json!({ "headers": { "host": "h" } }),
        json!({ "headers": null }),
        json!({ "headers": [7] }),
        json!({}),
        json!("x"),
        Value::Null,
    ] {
        for place in ["headers", "_datadog"] {
            let mut event = json!({ "request": request, "info": { "fieldName": "getOrder" } });
            event[place] = headers.clone();
            let incoming = read_event(&event);
            assert_eq!(ids(&incoming), Some((5, 6)), "{event}");
        }
    }
}
