//! What is found in responses of all kinds.

use super::probe::facts;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{json, Value};
use std::collections::HashMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    body: Unreadable,
    status_code: u16,
}

fn found<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    facts(value).status
}

/// Looking into it would fail the test.
struct Unreadable;

impl Serialize for Unreadable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("the probe must not look into a response")
    }
}

#[test]
fn finds_the_status_of_structs_and_maps() {
    let response = Response {
        body: Unreadable,
        status_code: 404,
    };
    assert_eq!(found(&response).as_deref(), Some("404"));
    assert_eq!(found(&Some(&response)).as_deref(), Some("404"));
    assert_eq!(
        found(&json!({"a": {"statusCode": 1}, "statusCode": 503})).as_deref(),
        Some("503")
    );
    assert_eq!(found(&json!({"statusCode": "201"})).as_deref(), Some("201"));
}

/// A number of serde_json with the feature `arbitrary_precision`.
struct Precise(&'static str);

impl Serialize for Precise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = "$serde_json::private::Number";
        let mut number = serializer.serialize_struct(name, 1)?;
        number.serialize_field(name, self.0)?;
        number.end()
    }
}

#[test]
fn a_number_is_one_however_it_is_kept() {
    let precise = HashMap::from([("statusCode", Precise("502"))]);
    assert_eq!(found(&precise).as_deref(), Some("502"));
    let maybe = HashMap::from([("statusCode", Some(404))]);
    assert_eq!(found(&maybe).as_deref(), Some("404"));
}

#[test]
fn everything_else_has_none() {
    let without: [Value; 8] = [
        json!(null),
        json!("statusCode"),
        json!(502),
        json!([{"statusCode": 1}]),
        json!({}),
        json!({"statusCode": null}),
        json!({"statusCode": {"code": 1}}),
        json!({"statusCodes": 1, "status": 2}),
    ];
    for value in &without {
        assert_eq!(found(value), None, "{value}");
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    batch_item_failures: Vec<Unreadable>,
}

#[test]
fn failures_of_a_batch_are_counted() {
    let failures = |count: u32| -> Vec<Unreadable> { (0..count).map(|_| Unreadable).collect() };
    for count in [0, 3] {
        let response = BatchResponse {
            batch_item_failures: failures(count),
        };
        assert_eq!(facts(&response).batch_failures, Some(count));
        let map = HashMap::from([("batchItemFailures", failures(count))]);
        assert_eq!(facts(&map).batch_failures, Some(count));
    }
    let ids = [json!({"itemIdentifier": "1"}), json!(2)];
    let response = json!({"other": [], "batchItemFailures": ids});
    assert_eq!(facts(&response).batch_failures, Some(2));
    for odd in [
        json!({"batchItemFailures": null}),
        json!({"batchItemFailures": {"a": 1}}),
        json!([1, 2]),
    ] {
        assert_eq!(facts(&odd).batch_failures, None, "{odd}");
    }
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Pending,
    Unheard,
}

#[test]
fn a_durable_execution_has_one_of_three_states() {
    for (response, known) in [
        (
            json!({"Status": "SUCCEEDED", "Result": "{}"}),
            Some("SUCCEEDED"),
        ),
        (json!({"Error": {}, "Status": "FAILED"}), Some("FAILED")),
        (json!({"Status": Status::Pending}), Some("PENDING")),
        (json!({"Status": Status::Unheard}), None),
        (json!({"Status": "succeeded"}), None),
        (json!({"Status": 7}), None),
        (json!({"Status": {"a": "FAILED"}}), None),
        (json!({"status": "FAILED"}), None),
        (json!("FAILED"), None),
    ] {
        assert_eq!(facts(&response).execution, known, "{response}");
    }
}
