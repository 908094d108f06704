//! The context within payloads: events, records, inputs, and the client context of an invocation.

use super::super::carrier::encode_base64 as base64;
use super::*;
use crate::propagation::decode_base64;

#[test]
fn details_of_eventbridge_get_a_member() {
    let context = |bus: &str| {
        let json = JSON.strip_suffix('}').unwrap();
        let bus = match bus {
            "" => String::new(),
            bus => format!(r#","x-datadog-resource-name":"{bus}""#),
        };
        format!(r#"{json},"x-datadog-start-time":"{NOW}"{bus}}}"#)
    };
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let big = r#"{"n": 12345678901234567890123, "é":"\/"}"#;
    let with = |context: &str, rest: &str| quoted(&format!(r#"{{"_datadog":{context}{rest}"#));
    let entry = |detail: &str, rest: &str| format!(r#"{{"Source":"s","Detail":{detail}{rest}}}"#);
    let orders = r#","EventBusName":"orders""#;
    let arn = r#","EventBusName":"arn:aws:events:eu-west-1:1:event-bus/orders""#;
    let old = r#"{"a":1,"_datadog":{"x-datadog-trace-id":"1"}}"#;
    let body = |details: [String; 6]| format!(r#"{{"Entries":[{}]}}"#, details.join(","));
    let before = body([
        entry(&quoted(big), ""),
        entry(&quoted("\n {} \n"), orders),
        entry(&quoted("[1]"), ""),
        entry(&quoted("{\"a\":}"), ""),
        entry(&quoted(old), arn),
        r#"{"Source":"s"}"#.to_owned(),
    ]);
    let replaced = old.replace(r#"{"x-datadog-trace-id":"1"}"#, &context("orders"));
    let spaced = format!("\n {{\"_datadog\":{}}} \n", context("orders"));
    let after = body([
        entry(&with(&context(""), &format!(",{}", &big[1..])), ""),
        entry(&quoted(&spaced), orders),
        entry(&quoted("[1]"), ""),
        entry(&quoted("{\"a\":}"), ""),
        entry(&quoted(&replaced), arn),
        r#"{"Source":"s"}"#.to_owned(),
    ]);
    assert_injected("eventbridge", "PutEvents", json(before), &after);
}

#[test]
fn data_of_kinesis_gets_a_member_if_it_is_an_object() {
    let changed = base64(format!("{{\"_datadog\":{JSON},\"a\":1}}\n"));
    let object = base64("{\"a\":1}\n");
    let body = |data: &str| format!(r#"{{"Data":"{data}","PartitionKey":"k"}}"#);
    assert_injected("kinesis", "PutRecord", json(body(&object)), &body(&changed));
    let lines = base64("{\"a\":1}\n{\"a\":2}\n");
    let records = |all: [&str; 4]| {
        let all = all.map(body).join(",");
        format!(r#"{{"Records":[{all}],"StreamName":"s"}}"#)
    };
    assert_injected(
        "kinesis",
        "PutRecords",
        json(records([&object, &lines, "%%%", &object])),
        &records([&changed, &lines, "%%%", &changed]),
    );
    let mut first = json(records([&object, &lines, "", &object]));
    assert!(inject_some("kinesis", "PutRecords", &mut first, false));
    assert_body(&first, &records([&changed, &lines, "", &object]));
}

fn invoke(client_context: Option<&str>) -> HttpRequest {
    let path = "/2015-03-31/functions/orders/invocations";
    let mut http = request("application/octet-stream", path, "{}");
    if let Some(text) = client_context {
        http.headers_mut()
            .insert("x-amz-client-context", base64(text));
    }
    http
}

#[test]
fn invocations_of_functions_get_a_client_context() {
    let headers = JSON.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    for (known, expected) in [
        (None, format!(r#"{{"custom":{{{headers}}}}}"#)),
        (Some("{}"), format!(r#"{{"custom":{{{headers}}}}}"#)),
        (
            Some(r#"{"client":{"app_title":"a"},"custom":null}"#),
            format!(r#"{{"client":{{"app_title":"a"}},"custom":{{{headers}}}}}"#),
        ),
        (
            Some(
                r#"{"custom":{"k": 1e400,"X-Datadog-Trace-Id":"1","l":"\u00e9","x-datadog-origin":"rum"},"env":{}}"#,
            ),
            format!(r#"{{"custom":{{{headers},"k":1e400,"l":"\u00e9"}},"env":{{}}}}"#),
        ),
    ] {
        for operation in ["Invoke", "InvokeWithResponseStream"] {
            let mut http = invoke(known);
            assert!(inject("lambda", operation, &mut http), "{known:?}");
            let header = http.headers().get("x-amz-client-context").unwrap();
            let decoded = String::from_utf8(decode_base64(header).unwrap()).unwrap();
            assert_eq!(decoded, expected);
            assert_eq!(
                http.headers().get("content-length"),
                Some("0"),
                "the body is as it was"
            );
        }
    }
}

#[test]
fn what_is_no_client_context_stays() {
    for known in [
        "[]",
        "{\"a\":",
        r#"{"custom":[1]}"#,
        r#"{"custom":"text"}"#,
        "text",
    ] {
        let mut http = invoke(Some(known));
        assert!(!inject("lambda", "Invoke", &mut http), "{known}");
        assert_eq!(
            http.headers().get("x-amz-client-context"),
            Some(&*base64(known))
        );
    }
    let mut http = invoke(None);
    http.headers_mut().insert("x-amz-client-context", "%%%");
    assert!(!inject("lambda", "Invoke", &mut http));
}

#[test]
fn inputs_of_state_machines_get_a_member() {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let body = |input: &str| format!(r#"{{"stateMachineArn":"a","input":{}}}"#, quoted(input));
    let expected = body(&format!(r#"{{"_datadog":{JSON},"a":1}}"#));
    for operation in ["StartExecution", "StartSyncExecution"] {
        assert_injected("sfn", operation, json(body("{\"a\":1}")), &expected);
        for left in ["[]", "7", "{", r#"{"_datadog":{}}"#] {
            let mut request = json(body(left));
            assert!(!inject("sfn", operation, &mut request), "{left}");
        }
    }
}
