//! Amazon CloudFront.

use super::*;

#[test]
fn a_request_names_its_distribution() {
    let incoming = read_records([json!({"cf": {
        "config": {"distributionId": "EDFDVBD6EXAMPLE", "requestId": "r"},
        "request": {"clientIp": "203.0.113.178", "method": "GET", "uri": "/"}
    }})]);
    let arn = "arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE";
    assert_eq!(ids(&incoming), None);
    assert_eq!(tags(&incoming.tags), source("cloudfront", Some(arn)));
    assert_eq!(spans(&incoming), json!([]));
}

#[test]
fn what_is_missing_or_odd_is_left_out() {
    for cf in [
        json!({}),
        json!({"config": null}),
        json!({"config": {"distributionId": 7}}),
    ] {
        let incoming = read_records([json!({ "cf": cf })]);
        assert_eq!(tags(&incoming.tags), source("cloudfront", None));
    }
}

#[test]
fn batches_of_nothing_are_nothing() {
    assert!(is_nothing(&read_records([])));
    assert!(is_nothing(&read_records([Value::Null])));
    assert!(is_nothing(&read_records([json!({"cf": "x"})])));
    assert!(is_nothing(&read_records([json!({"CF": {}})])));
    assert!(is_nothing(&read_records([json!({}), json!({"cf": {}})])));
}
