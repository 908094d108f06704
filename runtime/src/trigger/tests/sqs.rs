//! Amazon SQS.

use super::*;
use base64::Engine as _;

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
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:orders-queue"
    })
}

pub(super) fn read_messages(messages: impl Into<Value>) -> Incoming {
    read_text(&json!({ "Records": messages.into() }).to_string(), &[])
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
            "event_source_arn": "arn:aws:sqs:us-east-1:111122223333:orders-queue",
            "dd_resource_key": "arn:aws:sqs:us-east-1:111122223333:orders-queue",
            "receipt_handle": "RH",
            "sender_id": "sender",
            "retry_count": 1.0
        }
    })
}

#[test]
fn the_first_record_with_a_context_is_the_parent_and_the_others_are_linked_once() {
    let incoming = read_text(
        &batch([
            None,
            Some((1, 2)),
            None,
            Some((3, 4)),
            Some((1, 2)),
            Some((3, 4)),
            Some((1, 5)),
        ]),
        &[],
    );
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4), (1, 5)]);
    assert_eq!(incoming.inferred.len(), 1);

    let extracted = Some(TraceContext::new(9, 9));
    let incoming = read_with(
        &batch([Some((1, 2)), Some((9, 9))]),
        &[],
        &context(),
        extracted,
    );
    assert_eq!(ids(&incoming), Some((9, 9)));
    assert_eq!(link_ids(&incoming), [(1, 2)]);

    let many = read_text(&batch((1..=200).map(|id| Some((id, id)))), &[]);
    assert_eq!(many.links.len(), 128);
}

#[test]
fn a_plain_message_is_a_span_of_the_queue() {
    let incoming = read_messages([message("plain text")]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(
        tags(&incoming.tags),
        json!({
            "function_trigger.event_source": "sqs",
            "function_trigger.event_source_arn": "arn:aws:sqs:us-east-1:111122223333:orders-queue"
        })
    );
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
        let mut message = message("raw delivery");
        message["messageAttributes"]["_datadog"] = attribute;
        let incoming = read_messages([message]);
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
        let incoming = read_messages([message(
            json!({"order": 1, "_datadog": carrier}).to_string(),
        )]);
        assert_eq!(ids(&incoming), Some((5, 6)));
        assert_eq!(spans(&incoming), json!([queue_span()]));
    }
}

#[test]
fn bad_carriers_are_absent() {
    let with = |attribute: Value| {
        let mut event: Value = serde_json::from_str(&batch([None])).unwrap();
        event["Records"][0]["messageAttributes"]["_datadog"] = attribute;
        read_text(&event.to_string(), &[])
    };
    for attribute in [
        serde_json::json!({"dataType": "Binary", "binaryValue": "%%"}),
        serde_json::json!({"dataType": "Binary", "binaryValue": "e30="}),
        serde_json::json!({"dataType": "String", "stringValue": "{\"x-datadog-trace-id\""}),
        serde_json::json!({"dataType": "String", "stringValue": 7}),
        serde_json::json!({"dataType": "String"}),
        serde_json::json!("x"),
    ] {
        let incoming = with(attribute.clone());
        assert!(incoming.context.is_none(), "{attribute}");
        assert_eq!(incoming.inferred.len(), 1, "{attribute}");
    }
}

#[test]
fn only_the_first_record_says_what_the_event_is() {
    let mut carrier = message("plain");
    carrier["messageAttributes"]["_datadog"] =
        json!({"dataType": "String", "stringValue": headers(5, 6).to_string()});
    for first in [
        json!({}),
        json!(7),
        json!({"eventSource": 7}),
        json!({"eventSource": "aws:ses"}),
    ] {
        let event = json!({"_datadog": headers(1, 2), "Records": [first, carrier]});
        let incoming = read_text(&event.to_string(), &[]);
        assert_eq!(ids(&incoming), Some((1, 2)), "the payload's own");
        assert!(incoming.inferred.is_empty());
    }
    let odd = json!({"EVENTSOURCE": "aws:sqs"});
    let incoming = read_messages([odd, carrier]);
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
