//! Amazon SQS.

use super::*;
use base64::Engine as _;

const ARN: &str = "arn:aws:sqs:us-east-1:111122223333:orders-queue";

/// A message without a context.
pub(super) fn message(body: impl Into<Value>) -> Value {
    json!({
        "messageId": "m",
        "receiptHandle": "RH",
        "body": body.into(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1735689600123",
            "SenderId": "sender"
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN
    })
}

/// A message with a context in its attributes.
pub(super) fn traced(trace_id: u64, parent_id: u64) -> Value {
    with_attribute(json!({
        "dataType": "String",
        "stringValue": headers(trace_id, parent_id).to_string()
    }))
}

fn with_attribute(attribute: Value) -> Value {
    let mut message = message("plain text");
    message["messageAttributes"]["_datadog"] = attribute;
    message
}

pub(super) fn queue_span() -> Value {
    json!({
        "name": "aws.sqs",
        "service": "orders-queue",
        "resource": "orders-queue",
        "type": "web",
        "start": 1_735_689_600_123_000_000_u64,
        "ends": "before function",
        "tags": {
            "queuename": "orders-queue",
            "event_source_arn": ARN,
            "dd_resource_key": ARN,
            "receipt_handle": "RH",
            "sender_id": "sender",
            "retry_count": 1.0
        }
    })
}

#[test]
fn the_first_record_with_a_context_is_the_parent_and_the_others_are_linked_once() {
    let plain = || message("plain text");
    let incoming = read_records([
        plain(),
        traced(1, 2),
        plain(),
        traced(3, 4),
        traced(1, 2),
        traced(3, 4),
        traced(1, 5),
    ]);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4), (1, 5)]);
    assert_eq!(spans(&incoming), json!([queue_span()]));

    let two = batch([traced(1, 2), traced(9, 9)]).to_string();
    let extracted = Some(TraceContext::new(9, 9));
    let incoming = read_with(&two, &[], &context(), extracted);
    assert_eq!(ids(&incoming), Some((9, 9)));
    assert_eq!(link_ids(&incoming), [(1, 2)]);

    let many = read_records((1..=200).map(|id| traced(id, id)));
    assert_eq!(many.links.len(), 128);
}

#[test]
fn a_plain_message_is_a_span_of_the_queue() {
    let incoming = read_records([message("plain text")]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(tags(&incoming.tags), source("sqs", Some(ARN)));
    assert_eq!(spans(&incoming), json!([queue_span()]));
}

#[test]
fn attributes_of_any_label_and_case_carry_the_context() {
    let json = headers(5, 6).to_string();
    let upper = json.to_ascii_uppercase();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&json);
    for attribute in [
        json!({"dataType": "String", "stringValue": json}),
        json!({"dataType": "String.json", "stringValue": upper}),
        json!({"dataType": "Binary", "binaryValue": base64}),
        json!({"dataType": "Binary.label", "binaryValue": base64}),
        json!({"Type": "Binary", "Value": base64}),
    ] {
        let incoming = read_records([with_attribute(attribute)]);
        assert_eq!(ids(&incoming), Some((5, 6)));
        assert_eq!(spans(&incoming), json!([queue_span()]));
    }
}

#[test]
fn a_body_may_carry_the_context() {
    let json = headers(5, 6);
    for carrier in [
        json.clone(),
        json.to_string().into(),
        json!({"DataType": "String", "StringValue": json.to_string()}),
    ] {
        let incoming = read_records([message(
            json!({"order": 1, "_datadog": carrier}).to_string(),
        )]);
        assert_eq!(ids(&incoming), Some((5, 6)));
        assert_eq!(spans(&incoming), json!([queue_span()]));
    }
}

#[test]
fn bad_carriers_are_absent() {
    for attribute in [
        json!({"dataType": "Binary", "binaryValue": "%%"}),
        json!({"dataType": "Binary", "binaryValue": "e30="}),
        json!({"dataType": "String", "stringValue": "{\"x-datadog-trace-id\""}),
        json!({"dataType": "String", "stringValue": 7}),
        json!({"dataType": "String"}),
        json!("x"),
    ] {
        let incoming = read_records([with_attribute(attribute.clone())]);
        assert_eq!(ids(&incoming), None, "{attribute}");
        assert_eq!(spans(&incoming), json!([queue_span()]), "{attribute}");
    }
}

#[test]
fn only_the_first_record_says_what_the_event_is() {
    let carrier = traced(5, 6);
    for first in [
        json!({}),
        json!(7),
        json!({"eventSource": 7}),
        json!({"eventSource": "aws:ses"}),
    ] {
        let event = json!({"_datadog": headers(1, 2), "Records": [first, carrier]});
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), Some((1, 2)), "the payload's own");
        assert!(incoming.inferred.is_empty());
    }
    let odd = json!({"EVENTSOURCE": "aws:sqs"});
    let incoming = read_records([odd, carrier]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.sqs",
            "service": "sqs",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {}
        }])
    );
}

#[test]
fn baggage_of_one_message_stays_off_the_trace_of_another() {
    let baggage =
        || with_attribute(json!({"dataType": "String", "stringValue": r#"{"baggage": "a=b"}"#}));
    let incoming = read_records([baggage(), traced(1, 2), traced(3, 4)]);
    let context = incoming.context.as_ref().unwrap();
    assert_eq!((context.trace_id(), context.baggage("a")), (1, None));
    assert_eq!(link_ids(&incoming), [(3, 4)]);

    let alone = read_records([baggage(), message("plain")]).context.unwrap();
    assert_eq!((alone.trace_id(), alone.baggage("a")), (0, Some("b")));

    let records = batch([baggage(), traced(1, 2)])["Records"].to_string();
    let event = format!(r#"{{"headers": {{"baggage": "c=d"}}, "Records": {records}}}"#);
    let context = read_text(&event, &[]).context.unwrap();
    assert_eq!((context.trace_id(), context.baggage("c")), (1, Some("d")));
}
