//! Amazon S3 event notifications.

use super::*;
use crate::span::pointer::{s3_object, UPSTREAM};
use crate::span::SpanLink;

const ARN: &str = "arn:aws:s3:::orders-bucket";

fn record(event_name: &str, key: Value) -> Value {
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2025-01-01T00:00:00.123Z",
        "eventName": event_name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "c",
            "bucket": {
                "name": "orders-bucket",
                "ownerIdentity": {"name": "somebody"},
                "arn": ARN
            },
            "object": {"key": key, "size": 2048, "eTag": "ab12ef34", "sequencer": "0A"}
        }
    })
}

fn object(key: &[u8]) -> SpanLink {
    s3_object(UPSTREAM, "orders-bucket", key, "ab12ef34")
}

#[test]
fn a_batch_is_a_span_of_its_bucket() {
    let incoming = read_records([
        record("ObjectCreated:Put", "orders/981.json".into()),
        record("ObjectRemoved:Delete", "orders/980.json".into()),
        record("ObjectCreated:CompleteMultipartUpload", "b".into()),
    ]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(incoming.links, []);
    assert_eq!(tags(&incoming.tags), source("s3", Some(ARN)));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.s3",
            "service": "orders-bucket",
            "resource": "orders-bucket",
            "type": "web",
            "start": 1_735_689_600_123_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": ARN,
                "event_name": "ObjectCreated:Put",
                "bucketname": "orders-bucket",
                "bucket_arn": ARN,
                "object_key": "orders/981.json",
                "object_etag": "ab12ef34",
                "object_size": 2048.0
            }
        }])
    );
    assert_eq!(
        incoming.inferred[0].span.links,
        [object(b"orders/981.json"), object(b"b")]
    );
}

#[test]
fn keys_are_hashed_as_their_writer_has_them() {
    for (key, decoded) in [
        ("a+b", &b"a b"[..]),
        ("a%2Bb%2fc", b"a+b/c"),
        ("some-key.%E4%BD%A0%E5%A5%BD", "some-key.你好".as_bytes()),
        ("some-key.你+好", "some-key.你 好".as_bytes()),
        ("%ff%00", b"\xff\0"),
        ("100%", b"100%"),
        ("%2", b"%2"),
        ("%zz%+1%41", b"%zz% 1A"),
        ("", b""),
    ] {
        let incoming = read_records([record("ObjectCreated:Put", key.into())]);
        assert_eq!(incoming.inferred[0].span.links, [object(decoded)], "{key}");
        assert_eq!(incoming.inferred[0].span.tags.text("object_key"), Some(key));
    }
    let mut quoted = record("ObjectCreated:Put", "a".into());
    quoted["s3"]["object"]["eTag"] = "\"ab12ef34\"".into();
    assert_eq!(
        read_records([quoted]).inferred[0].span.links,
        [object(b"a")]
    );
}

#[test]
fn other_objects_are_not_pointed_to() {
    let good = record("ObjectCreated:Put", "a".into());
    for (pointer, odd) in [
        ("/eventName", Value::Null),
        ("/eventName", "ObjectRemoved:Delete".into()),
        ("/eventName", "s3:ObjectCreated".into()),
        ("/s3", Value::Null),
        ("/s3/bucket", "orders-bucket".into()),
        ("/s3/bucket/name", 7.into()),
        ("/s3/object", json!(["a"])),
        ("/s3/object/key", 7.into()),
        ("/s3/object/eTag", Value::Null),
    ] {
        let mut record = good.clone();
        *record.pointer_mut(pointer).unwrap() = odd;
        let incoming = read_records([record.clone(), good.clone()]);
        assert_eq!(incoming.inferred[0].span.links, [object(b"a")], "{record}");
    }
}

#[test]
fn pointers_can_be_elsewhere_or_off() {
    let event = batch([record("ObjectCreated:Put", "a".into())]).to_string();
    let incoming = read_text(&event, &[("DD_TRACE_MANAGED_SERVICES", "false")]);
    assert_eq!(incoming.links, [object(b"a")]);
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
    let incoming = read_records([json!({"EventSource": "aws:s3"})]);
    assert_eq!(tags(&incoming.tags), source("s3", None));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.s3",
            "service": "s3",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {}
        }])
    );

    let incoming = read_records([json!({
        "eventSource": "minio:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "yesterday",
        "s3": {"bucket": {"name": "b"}, "object": {"key": 7, "size": "2048", "eTag": "t"}}
    })]);
    assert_eq!(tags(&incoming.tags), source("s3", None));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.s3",
            "service": "b",
            "resource": "b",
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {
                "event_name": "ObjectCreated:Put",
                "bucketname": "b",
                "object_etag": "t"
            }
        }])
    );
}

#[test]
fn batches_of_nothing_are_nothing() {
    let good = || record("ObjectCreated:Put", "a".into());
    assert!(is_nothing(&read_records([])));
    assert!(is_nothing(&read_records([Value::Null])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": 7}),
        good()
    ])));
    assert!(is_nothing(&read_records([
        json!({"eventSource": "minio:s3", "s3": "b"})
    ])));
}

#[test]
fn large_batches_are_pointed_to_record_by_record() {
    let key = |id: u32| Value::from(id.to_string());
    let incoming = read_records((1..=10_000).map(|id| record("ObjectCreated:Put", key(id))));
    assert_eq!(incoming.inferred[0].span.links.len(), 10_000);
    assert_eq!(incoming.inferred[0].span.links[6], object(b"7"));
}
