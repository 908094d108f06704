//! Amazon Kinesis data streams.

use super::*;
use base64::prelude::{Engine as _, BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

const ARN: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/orders-stream";

fn record(data: Value) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "customer 7",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": data,
            "approximateArrivalTimestamp": 1735689600.123
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
        "eventSourceARN": ARN
    })
}

fn traced(trace_id: u64, parent_id: u64) -> Value {
    let data = json!({"order": 1, "_datadog": headers(trace_id, parent_id)});
    record(BASE64_STANDARD.encode(data.to_string()).into())
}

#[test]
fn a_batch_is_a_span_of_its_stream() {
    let incoming = read_records([traced(1, 2), traced(3, 4)]);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4)]);
    assert_eq!(tags(&incoming.tags), source("kinesis", Some(ARN)));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.kinesis",
            "service": "orders-stream",
            "resource": "orders-stream",
            "type": "web",
            "start": 1_735_689_600_123_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": ARN,
                "streamname": "orders-stream",
                "shardid": "shardId-000000000006",
                "event_source_arn": ARN,
                "event_id": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
                "event_name": "aws:kinesis:record",
                "event_version": "1.0",
                "partition_key": "customer 7"
            }
        }])
    );
}

#[test]
fn the_first_record_with_a_context_is_the_parent() {
    let plain = || record("eyJ2IjogMX0=".into());
    let incoming = read_records([plain(), traced(1, 2), plain(), traced(3, 4), traced(1, 2)]);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4)]);
    let incoming = read_records([record(Value::Null), json!("odd"), traced(3, 4)]);
    assert_eq!(ids(&incoming), Some((3, 4)));
}

#[test]
fn data_is_any_json_object() {
    let context = headers(5, 6);
    for data in [
        json!({ "_datadog": context }),
        // Also as a value near the end, at each position in a group of four characters.
        json!({"_datadog": context, "blob": "x".repeat(500), "via": "_datadog"}),
        json!({"_datadog": context, "blob": "x".repeat(501), "via": "_datadog"}),
        json!({"_datadog": context, "blob": "x".repeat(502), "via": "_datadog"}),
        json!({"_datadog": context.to_string(), "name": "Zoë 你好 \u{1f980}"}),
        json!({"a": [{"_datadog": 1}], "_datadog": {"StringValue": context.to_string()}}),
    ] {
        let text = data.to_string();
        for base64 in [
            BASE64_STANDARD.encode(&text),
            BASE64_STANDARD_NO_PAD.encode(&text),
            BASE64_STANDARD.encode(format!(" \n{text}\n")),
        ] {
            let incoming = read_records([record(base64.into())]);
            assert_eq!(ids(&incoming), Some((5, 6)), "{data}");
        }
    }
}

#[test]
fn other_data_has_no_context() {
    for data in [
        Value::Null,
        7.into(),
        json!({}),
        "".into(),
        "%%%".into(),
        "ey".into(),
        BASE64_STANDARD
            .encode([0xf3, 0x89, 0x9a, 0xc2, 0xff, 0])
            .into(),
        BASE64_STANDARD
            .encode(r#"{"_datadog": {"x-datadog-trace-id""#)
            .into(),
        BASE64_STANDARD.encode(r#"{"_datadog": null}"#).into(),
        BASE64_STANDARD.encode(r#"[{"_datadog": {}}]"#).into(),
        BASE64_STANDARD.encode(b"{\"\xff\": \"_datadog\"}").into(),
    ] {
        let incoming = read_records([record(data.clone())]);
        assert_eq!(
            (ids(&incoming), incoming.inferred.len()),
            (None, 1),
            "{data}"
        );
    }
}

#[test]
fn what_is_missing_or_odd_is_left_out() {
    let incoming = read_records([json!({"EventSource": "aws:kinesis"})]);
    assert_eq!(tags(&incoming.tags), source("kinesis", None));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.kinesis",
            "service": "kinesis",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {}
        }])
    );

    let consumer = "arn:aws-cn:kinesis:cn-north-1:1:stream/s/consumer/c:1735689600";
    let incoming = read_records([json!({
        "eventSource": "aws:kinesis",
        "eventSourceARN": consumer,
        "eventID": "no-colon",
        "eventName": ["aws:kinesis:record"],
        "eventVersion": 1,
        "kinesis": {"partitionKey": 7, "approximateArrivalTimestamp": "1735689600"}
    })]);
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.kinesis",
            "service": "s",
            "resource": "s",
            "type": "web",
            "start": 1_735_689_600_000_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": consumer,
                "streamname": "s",
                "shardid": "no-colon",
                "event_source_arn": consumer,
                "event_id": "no-colon",
                "event_version": "1",
                "partition_key": "7"
            }
        }])
    );
}

#[test]
fn batches_of_nothing_are_nothing() {
    assert!(is_nothing(&read_records([])));
    assert!(is_nothing(&read_records([Value::Null])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": 7}),
        traced(1, 2)
    ])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": "AWS:Kinesis"})
    ])));
}

#[test]
fn large_batches_are_bounded() {
    let incoming = read_records((1..=10_000).map(|id| traced(id, id)));
    assert_eq!(ids(&incoming), Some((1, 1)));
    assert_eq!((incoming.links.len(), incoming.inferred.len()), (128, 1));
}
