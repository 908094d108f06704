//! Amazon CloudFront.

use super::expect::{check_nothing, check_trigger};
use super::read_text;
use crate::trigger::Incoming;
use serde_json::{json, Value};

fn read(records: impl IntoIterator<Item = Value>) -> Incoming {
    let records: Vec<Value> = records.into_iter().collect();
    read_text(&json!({ "Records": records }).to_string(), &[])
}

#[test]
fn a_request_names_its_distribution() {
    let incoming = read([json!({"cf": {
        "config": {"distributionId": "EDFDVBD6EXAMPLE", "requestId": "r"},
        "request": {"clientIp": "203.0.113.178", "method": "GET", "uri": "/"}
    }})]);
    let arn = "arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE";
    check_trigger(&incoming, "cloudfront", Some(arn));
    assert!(incoming.inferred.is_empty() && incoming.context.is_none());
}

#[test]
fn what_is_missing_or_odd_is_left_out() {
    for cf in [
        json!({}),
        json!({"config": null}),
        json!({"config": {"distributionId": 7}}),
    ] {
        check_trigger(&read([json!({ "cf": cf })]), "cloudfront", None);
    }
}

#[test]
fn batches_of_nothing_are_nothing() {
    check_nothing(&read([]));
    check_nothing(&read([Value::Null]));
    check_nothing(&read([json!({"cf": "x"})]));
    check_nothing(&read([json!({"CF": {}})]));
    check_nothing(&read([json!({}), json!({"cf": {}})]));
}
