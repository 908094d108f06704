//! Amazon DynamoDB streams.

use super::*;
use crate::span::pointer::{dynamodb_item, UPSTREAM};
use crate::span::SpanLink;

const ARN: &str =
    "arn:aws:dynamodb:us-east-1:111122223333:table/orders-table/stream/2025-01-01T00:00:00.000";

fn record(event_name: &str, keys: Value) -> Value {
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1735689600,
            "Keys": keys,
            "NewImage": {"Keys": {"S": "no key"}, "SizeBytes": {"N": "1"}},
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 42,
            "StreamViewType": "NEW_AND_OLD_IMAGES"
        },
        "eventSourceARN": ARN
    })
}

fn item(key: &[(&'static str, &'static [u8])]) -> SpanLink {
    let key: Vec<_> = key
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    dynamodb_item(UPSTREAM, "orders-table", &key).unwrap()
}

/// The pointers for the key of one record.
fn pointers(keys: Value) -> Vec<SpanLink> {
    let mut incoming = read_records([record("MODIFY", keys)]);
    std::mem::take(&mut incoming.inferred[0].span.links)
}

#[test]
fn a_batch_is_a_span_of_its_table() {
    let incoming = read_records([
        record("INSERT", json!({"pk": {"S": "order#981"}})),
        record(
            "REMOVE",
            json!({"sk": {"N": "7"}, "pk": {"S": "order#981"}}),
        ),
    ]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(incoming.links, []);
    assert_eq!(tags(&incoming.tags), source("dynamodb", Some(ARN)));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.dynamodb",
            "service": "orders-table",
            "resource": "INSERT orders-table",
            "type": "web",
            "start": 1_735_689_600_000_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": ARN,
                "tablename": "orders-table",
                "event_source_arn": ARN,
                "event_id": "c4ca4238a0b923820dcc509a6f75849b",
                "event_name": "INSERT",
                "event_version": "1.1",
                "stream_view_type": "NEW_AND_OLD_IMAGES",
                "size_bytes": 42.0
            }
        }])
    );
    assert_eq!(
        incoming.inferred[0].span.links,
        [
            item(&[("pk", b"order#981")]),
            item(&[("pk", b"order#981"), ("sk", b"7")])
        ]
    );
}

#[test]
fn keys_are_hashed_as_their_writer_has_them() {
    for (keys, key) in [
        (
            json!({"pk": {"S": "Zo\u{eb}"}}),
            item(&[("pk", "Zoë".as_bytes())]),
        ),
        (json!({"pk": {"S": "a\"b"}}), item(&[("pk", b"a\"b")])),
        (json!({"pk": {"N": "123.456"}}), item(&[("pk", b"123.456")])),
        (json!({"pk": {"N": 7}}), item(&[("pk", b"7")])),
        (
            json!({"pk": {"B": "SGVsbG8gV29ybGQ="}}),
            item(&[("pk", b"Hello World")]),
        ),
        (json!({"pk": {"B": "//8A"}}), item(&[("pk", b"\xff\xff\0")])),
        (
            json!({"b": {"N": "1"}, "a": {"B": "eA"}}),
            item(&[("a", b"x"), ("b", b"1")]),
        ),
    ] {
        assert_eq!(pointers(keys.clone()), [key], "{keys}");
    }
}

#[test]
fn other_keys_are_not_pointed_to() {
    for keys in [
        Value::Null,
        "pk".into(),
        json!([{"pk": {"S": "a"}}]),
        json!({}),
        json!({"pk": "a"}),
        json!({"pk": {}}),
        json!({"pk": {"B": "%%"}}),
        json!({"pk": {"S": null}}),
        json!({"pk": {"BOOL": "true"}}),
        json!({"a": {"S": "1"}, "b": {"S": "2"}, "c": {"S": "3"}}),
    ] {
        assert_eq!(pointers(keys.clone()), [], "{keys}");
    }
    let read = record("MODIFY", json!({"pk": {"S": "a"}}));
    for (member, odd) in [
        ("eventName", Value::Null),
        ("eventName", "READ".into()),
        ("eventSourceARN", Value::Null),
        ("eventSourceARN", "arn:aws:dynamodb".into()),
        ("dynamodb", 7.into()),
    ] {
        let mut record = read.clone();
        record[member] = odd;
        let incoming = read_records([record.clone()]);
        assert_eq!(incoming.inferred[0].span.links, [], "{record}");
    }
}

#[test]
fn pointers_can_be_elsewhere_or_off() {
    let event = batch([record("INSERT", json!({"pk": {"S": "a"}}))]).to_string();
    let incoming = read_text(&event, &[("DD_TRACE_MANAGED_SERVICES", "false")]);
    assert_eq!(incoming.links, [item(&[("pk", b"a")])]);
    assert!(incoming.inferred.is_empty());
    for name in [
        "DD_TRACE_AWS_ADD_SPAN_POINTERS",
        "DD_BOTOCORE_ADD_SPAN_POINTERS",
    ] {
        let incoming = read_text(&event, &[(name, "false")]);
        assert_eq!(incoming.inferred[0].span.links, [], "{name}");
    }
}

#[test]
fn what_is_missing_or_odd_is_left_out() {
    let incoming = read_records([json!({"EventSource": "aws:dynamodb"})]);
    assert_eq!(tags(&incoming.tags), source("dynamodb", None));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.dynamodb",
            "service": "dynamodb",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {}
        }])
    );

    let incoming = read_records([
        json!({
            "eventSource": "aws:dynamodb",
            "eventID": 1,
            "eventName": "INSERT",
            "eventVersion": 1.1,
            "dynamodb": {
                "ApproximateCreationDateTime": "1735689600.5",
                "SizeBytes": "42",
                "StreamViewType": 7
            }
        }),
        record("INSERT", json!({"pk": {"S": "a"}})),
    ]);
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.dynamodb",
            "service": "dynamodb",
            "resource": "INSERT",
            "type": "web",
            "start": 1_735_689_600_500_000_000_u64,
            "ends": "before function",
            "tags": {
                "event_id": "1",
                "event_name": "INSERT"
            }
        }])
    );
    assert_eq!(incoming.inferred[0].span.links, [item(&[("pk", b"a")])]);
}

#[test]
fn batches_of_nothing_are_nothing() {
    let good = || record("INSERT", json!({"pk": {"S": "a"}}));
    assert!(is_nothing(&read_records([])));
    assert!(is_nothing(&read_records([Value::Null])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": 7}),
        good()
    ])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": "AWS:DynamoDB"})
    ])));
}

#[test]
fn large_batches_are_pointed_to_record_by_record() {
    let key = |id: u32| json!({"pk": {"N": id.to_string()}});
    let incoming = read_records((1..=10_000).map(|id| record("INSERT", key(id))));
    assert_eq!(incoming.inferred[0].span.links.len(), 10_000);
    assert_eq!(incoming.inferred[0].span.links[6], item(&[("pk", b"7")]));
}
