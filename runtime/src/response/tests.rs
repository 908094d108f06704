//! The facts found in responses of all kinds.

use super::facts;
use serde_json::json;

#[test]
fn an_object_may_have_a_status() {
    for (response, status) in [
        (
            r#"{"body":"{\"statusCode\":1}","statusCode":404}"#,
            Some("404"),
        ),
        (
            r#" { "a" : {"statusCode": 1}, "statusCode" : 503 } "#,
            Some("503"),
        ),
        (r#"{"statusCode":"201"}"#, Some("201")),
        (r#"{"statusCode":502.0}"#, Some("502")),
        (r#"{"statusCode":null}"#, None),
        (r#"{"statusCode":true}"#, None),
        (r#"{"statusCode":""}"#, None),
        (r#"{"statusCode":"12345678901234567"}"#, None),
        (r#"{"statusCode":{"code":1}}"#, None),
        (r#"{"statusCodes":1,"status":2}"#, None),
        (r#"[{"statusCode":1}]"#, None),
        (r#""statusCode""#, None),
        ("{}", None),
        ("502", None),
        ("null", None),
    ] {
        let facts = facts(response);
        assert_eq!(
            (facts.status.as_deref(), facts.seen),
            (status, true),
            "{response}"
        );
    }
}

#[test]
fn failures_of_a_batch_are_counted() {
    for (response, count) in [
        (json!({"batchItemFailures": []}), Some(0)),
        (
            json!({"other": [], "batchItemFailures": [{"itemIdentifier": "1"}, 2]}),
            Some(2),
        ),
        (json!({"batchItemFailures": null}), None),
        (json!({"batchItemFailures": {"a": 1}}), None),
        (json!([1, 2]), None),
    ] {
        assert_eq!(
            facts(&response.to_string()).batch_failures,
            count,
            "{response}"
        );
    }
}

#[test]
fn an_answer_that_may_be_an_authorizer_s_is_told() {
    for (response, authorizes) in [
        (json!({"principalId": "user", "policyDocument": {}}), true),
        (json!({"isAuthorized": false}), true),
        (json!({"statusCode": 200, "body": "isAuthorized"}), false),
    ] {
        assert_eq!(
            facts(&response.to_string()).authorizes,
            authorizes,
            "{response}"
        );
    }
}

#[test]
fn a_durable_execution_has_one_of_three_states() {
    for (response, known) in [
        (
            json!({"Status": "SUCCEEDED", "Result": "{}"}),
            Some("SUCCEEDED"),
        ),
        (json!({"Error": {}, "Status": "FAILED"}), Some("FAILED")),
        (json!({"Status": "PENDING"}), Some("PENDING")),
        (json!({"Status": "UNHEARD"}), None),
        (json!({"Status": "succeeded"}), None),
        (json!({"Status": 7}), None),
        (json!({"Status": {"a": "FAILED"}}), None),
        (json!({"status": "FAILED"}), None),
        (json!("FAILED"), None),
    ] {
        assert_eq!(facts(&response.to_string()).execution, known, "{response}");
    }
}
