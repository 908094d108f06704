//! Amazon CloudWatch Logs subscriptions.

use super::*;
use base64::prelude::{Engine as _, BASE64_STANDARD};
use miniz_oxide::deflate::compress_to_vec;

const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/orders";

fn read(data: Value) -> Incoming {
    read_event(&json!({"awslogs": {"data": data}}))
}

/// A gzip file without a name; what follows the compressed text is not read.
fn gzip(text: &str) -> Vec<u8> {
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
    [&header[..], &compress_to_vec(text.as_bytes(), 6), &[0; 8]].concat()
}

fn base64(file: &[u8]) -> Value {
    BASE64_STANDARD.encode(file).into()
}

fn logs(lines: &str) -> String {
    let head =
        r#""messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/orders""#;
    format!(r#"{{{head},"logStream":"s","logEvents":[{{"message":"{lines}"}}]}}"#)
}

/// The tags of logs without a log group.
fn unnamed() -> Value {
    source("cloudwatch-logs", None)
}

/// The tags of logs with one.
fn named() -> Value {
    source("cloudwatch-logs", Some(ARN))
}

#[test]
fn a_batch_names_its_log_group() {
    let incoming = read(base64(&gzip(&logs("hello"))));
    assert_eq!(ids(&incoming), None);
    assert_eq!(tags(&incoming.tags), named());
    assert_eq!(spans(&incoming), json!([]));
}

#[test]
fn the_header_of_a_file_may_be_long() {
    let plain = gzip(&logs("hello"));
    let mut long = plain[..10].to_vec();
    long[3] = 0b1_1110;
    long.extend_from_slice(b"\x03\0abcname\0comment\0CC");
    long.extend_from_slice(&plain[10..]);
    assert_eq!(tags(&read(base64(&long)).tags), named());
    for end in 0..long.len() - plain.len() + 10 {
        assert_eq!(tags(&read(base64(&long[..end])).tags), unnamed());
    }
}

#[test]
fn no_more_is_unpacked_than_the_log_group_needs() {
    for lines in ["a".repeat(50_000_000), "0 1 2 3 4 5 6 7".repeat(100_000)] {
        let incoming = read(base64(&gzip(&logs(&lines))));
        assert_eq!(tags(&incoming.tags), named());
    }
    let late = format!(
        r#"{{"logEvents":"{}","logGroup":"g"}}"#,
        "a".repeat(1_000_000)
    );
    assert_eq!(tags(&read(base64(&gzip(&late))).tags), unnamed());
}

#[test]
fn other_data_names_none() {
    for data in [
        Value::Null,
        7.into(),
        "".into(),
        "%%%".into(),
        "é".repeat(20_000).into(),
        base64(b""),
        base64(b"\x1f\x8b\x08"),
        base64(&[0xff; 100]),
        base64(&[&gzip("")[..10], &[0xff; 100]].concat()),
        base64(logs("not packed").as_bytes()),
        base64(&gzip("")),
        base64(&gzip("not json")),
        base64(&gzip(r#"{"logGroup": 7}"#)),
        base64(&gzip(r#"{"loggroup": "g"}"#)),
    ] {
        assert_eq!(tags(&read(data).tags), unnamed());
    }
    let whole = gzip(&logs("hello"));
    for end in 0..whole.len() {
        let incoming = read(base64(&whole[..end]));
        assert_eq!(
            incoming.tags.text("function_trigger.event_source"),
            Some("cloudwatch-logs")
        );
    }
}

#[test]
fn an_event_without_data_is_still_one_of_logs() {
    assert_eq!(tags(&read_text(r#"{"awslogs": {}}"#, &[]).tags), unnamed());
    for odd in [
        r#"{"awslogs": null}"#,
        r#"{"awslogs": [1]}"#,
        r#"{"AWSLogs": {}}"#,
    ] {
        assert!(is_nothing(&read_text(odd, &[])), "{odd}");
    }
}
