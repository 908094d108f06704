//! Amazon SNS.

use super::*;
use base64::Engine as _;

const ARN: &str = "arn:aws:sns:us-east-1:111122223333:orders-topic";

/// A record with a message and its attributes.
fn record(message: impl Into<Value>, attributes: Value) -> Value {
    let mut record = event("sns_binary")["Records"][0].clone();
    record["Sns"]["Message"] = message.into();
    record["Sns"]["MessageAttributes"] = attributes;
    record
}

fn carrier(trace_id: u64, parent_id: u64) -> Value {
    json!({"_datadog": {"Type": "String", "Value": headers(trace_id, parent_id).to_string()}})
}

fn envelope(detail: Value) -> String {
    let mut envelope = event("eventbridge");
    envelope["detail"] = detail;
    envelope.to_string()
}

fn topic_span() -> Value {
    json!({
        "name": "aws.sns",
        "service": "orders-topic",
        "resource": "orders-topic",
        "type": "web",
        "start": 1_735_689_600_123_000_000_u64,
        "ends": "before function",
        "tags": {
            "topicname": "orders-topic",
            "topic_arn": ARN,
            "dd_resource_key": ARN,
            "message_id": "sns-msg-1",
            "type": "Notification",
            "subject": "subj",
            "event_subscription_arn": format!("{ARN}:00000000-1111-2222-3333-444444444444")
        }
    })
}

#[test]
fn a_message_is_a_span_of_the_topic() {
    let incoming = read_records([record("hello", json!({}))]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(tags(&incoming.tags), source("sns", Some(ARN)));
    assert_eq!(spans(&incoming), json!([topic_span()]));
}

#[test]
fn attributes_or_the_message_carry_the_context() {
    let json = headers(5, 6);
    let base64 = base64::engine::general_purpose::STANDARD.encode(json.to_string());
    let upper = json.to_string().to_ascii_uppercase();
    let own = json!({"order": 1, "_datadog": json}).to_string();
    for (message, attributes) in [
        ("hello", carrier(5, 6)),
        (
            "hello",
            json!({"_datadog": {"Type": "String", "Value": upper}}),
        ),
        (
            "hello",
            json!({"_datadog": {"Type": "Binary", "Value": base64}}),
        ),
        (
            "hello",
            json!({"_datadog": {"Type": "Binary.label", "Value": base64}}),
        ),
        (&own, json!({})),
        (&own, json!({"_datadog": {"Type": "Binary", "Value": "%%"}})),
        (&own, json!(7)),
    ] {
        let incoming = read_records([record(message, attributes)]);
        assert_eq!(ids(&incoming), Some((5, 6)), "{message}");
        assert_eq!(spans(&incoming), json!([topic_span()]), "{message}");
    }
}

#[test]
fn a_message_may_come_from_a_bus() {
    for detail in [json!({"_datadog": headers(5, 6)}), json!({}), json!("x")] {
        let incoming = read_records([record(envelope(detail.clone()), json!({}))]);
        assert_eq!(ids(&incoming), detail.get("_datadog").map(|_| (5, 6)));
        let bus = json!({
            "name": "aws.eventbridge",
            "service": "shop.orders",
            "resource": "shop.orders",
            "type": "web",
            "start": 1_735_689_600_000_000_000_u64,
            "ends": 1_735_689_600_123_000_000_u64,
            "tags": {"detail_type": "OrderPlaced"}
        });
        assert_eq!(spans(&incoming), json!([bus, topic_span()]));
    }
    let incoming = read_records([record(
        envelope(json!({"_datadog": headers(5, 6)})),
        carrier(7, 8),
    )]);
    assert_eq!(ids(&incoming), Some((7, 8)), "the attribute is nearer");
}

#[test]
fn every_record_counts() {
    let incoming = read_records([
        record("hello", json!({})),
        record(envelope(json!({"_datadog": headers(1, 2)})), json!({})),
        record("hello", carrier(3, 4)),
        json!(7),
        json!({"Sns": {"MessageAttributes": carrier(5, 6)}}),
        record("hello", carrier(1, 2)),
    ]);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4), (5, 6)]);
    assert_eq!(spans(&incoming), json!([topic_span()]));
}

#[test]
fn records_need_not_be_complete() {
    let odd = json!({
        "Sns": {"Type": 7, "TopicArn": 7, "Subject": null, "Message": 7, "Timestamp": 7, "MessageAttributes": carrier(5, 6)}
    });
    let mut named = odd.clone();
    named["eventsource"] = "aws:sns".into();
    let upper = json!({"SNS": odd["Sns"], "EVENTSOURCE": "aws:sns"});
    for record in [odd, named, upper] {
        let incoming = read_records([record]);
        assert_eq!(ids(&incoming), Some((5, 6)));
        assert_eq!(
            spans(&incoming),
            json!([{
                "name": "aws.sns",
                "service": "sns",
                "resource": null,
                "type": "web",
                "start": NOW,
                "ends": "before function",
                "tags": {}
            }])
        );
        assert_eq!(tags(&incoming.tags), source("sns", None));
    }
}

#[test]
fn other_records_are_left_to_other_sources() {
    for records in [
        json!([]),
        json!(7),
        json!([{}, record("hello", carrier(5, 6))]),
        json!([{"EventSource": 7, "Sns": {"MessageAttributes": carrier(5, 6)}}]),
        json!([{"EventSource": "aws:ses", "Sns": {"MessageAttributes": carrier(5, 6)}}]),
    ] {
        let event = json!({"_datadog": headers(1, 2), "Records": records});
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), Some((1, 2)), "{records}");
        assert!(incoming.inferred.is_empty(), "{records}");
    }
}
