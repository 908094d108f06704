//! Amazon EventBridge.

use super::*;

fn with(detail: Value) -> Value {
    let mut envelope = event("eventbridge");
    envelope["detail"] = detail;
    envelope
}

fn bus_span() -> Value {
    json!({
        "name": "aws.eventbridge",
        "service": "shop.orders",
        "resource": "shop.orders",
        "type": "web",
        "start": 1_735_689_600_000_000_000_u64,
        "ends": "before function",
        "tags": {"detail_type": "OrderPlaced"}
    })
}

#[test]
fn an_event_is_a_span_of_the_bus() {
    for detail in [json!({}), json!("x"), json!(null), json!({"_datadog": 7})] {
        let incoming = read_event(&with(detail));
        assert_eq!(ids(&incoming), None);
        assert_eq!(
            tags(&incoming.tags),
            source("eventbridge", Some("shop.orders"))
        );
        assert_eq!(spans(&incoming), json!([bus_span()]));
    }
}

#[test]
fn the_detail_carries_the_context_the_start_and_the_bus() {
    let mut noted = headers(5, 6);
    noted["x-datadog-start-time"] = "1735689599001".into();
    noted["X-Datadog-Resource-Name"] = "orders-bus".into();
    let mut numbers = noted.clone();
    numbers["x-datadog-start-time"] = 1_735_689_599_001_u64.into();
    for carrier in [
        noted.clone(),
        numbers,
        noted.to_string().into(),
        json!({"DataType": "String", "StringValue": noted.to_string()}),
    ] {
        let incoming = read_event(&with(json!({"order": 1, "_datadog": carrier})));
        assert_eq!(ids(&incoming), Some((5, 6)));
        let mut span = bus_span();
        span["service"] = "orders-bus".into();
        span["resource"] = "orders-bus".into();
        span["start"] = 1_735_689_599_001_000_000_u64.into();
        assert_eq!(spans(&incoming), json!([span]));
    }
    noted["x-datadog-start-time"] = "soon".into();
    noted["X-Datadog-Resource-Name"] = "".into();
    let incoming = read_event(&with(json!({"_datadog": noted})));
    assert_eq!(spans(&incoming), json!([bus_span()]));
}

#[test]
fn a_step_of_a_state_machine_knows_when_it_began() {
    let state = json!({"Name": "Put", "EnteredTime": "2024-12-31T23:59:59.008Z"});
    let incoming = read_event(&with(json!({"_datadog": {"State": state}})));
    assert_eq!(incoming.inferred[0].span.start, 1_735_689_599_008_000_000);
}

#[test]
fn events_need_not_be_complete() {
    let incoming = read_event(&json!({"detail-type": "x", "source": 7, "time": "now"}));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.eventbridge",
            "service": "eventbridge",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {"detail_type": "x"}
        }])
    );
    assert_eq!(tags(&incoming.tags), source("eventbridge", None));
}

#[test]
fn other_events_are_left_to_other_sources() {
    for name in ["detail-type", "DETAIL-TYPE"] {
        let mut event = with(json!({"_datadog": headers(5, 6)}));
        let members = event.as_object_mut().unwrap();
        members.remove("detail-type");
        members.insert(
            name.to_owned(),
            if name == "detail-type" {
                7.into()
            } else {
                "x".into()
            },
        );
        members.insert("_datadog".to_owned(), headers(1, 2));
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), Some((1, 2)), "{name}");
        assert!(incoming.inferred.is_empty(), "{name}");
    }
}

#[test]
fn a_context_may_come_from_a_later_source() {
    let mut event = with(json!({"_datadog": "{\"x-datadog-trace-id\":"}));
    event["_datadog"] = headers(1, 2);
    let incoming = read_event(&event);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(spans(&incoming), json!([bus_span()]));
}
