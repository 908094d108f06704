//! What is read from events, well formed and otherwise.

use super::inferred::Ends;
use super::{read, Event, Incoming};
use crate::config::Config;
use crate::propagation::TraceContext;
use serde_json::Value;
use std::collections::HashMap;

pub(super) const NOW: u64 = 1_800_000_000_000_000_000;

fn config(settings: &[(&str, &str)]) -> Config {
    let settings: HashMap<&str, &str> = settings.iter().copied().collect();
    Config::read(
        |name| settings.get(name).map(|value| (*value).to_owned()),
        false,
    )
}

fn context() -> lambda_runtime::Context {
    let mut context = lambda_runtime::Context::default();
    context.request_id = "7b2a1f5e-2c1b-4b6b-9a0e-0f1e2d3c4b5a".to_owned();
    context.invoked_function_arn =
        "arn:aws:lambda:us-east-1:123456789012:function:My-Func".to_owned();
    context
}

pub(super) fn read_text(event: &str, settings: &[(&str, &str)]) -> Incoming {
    read_with(event, settings, &context(), None)
}

fn read_with(
    event: &str,
    settings: &[(&str, &str)],
    context: &lambda_runtime::Context,
    extracted: Option<TraceContext>,
) -> Incoming {
    let config = config(settings);
    read(
        &Event::new(event.as_bytes(), context, &config, NOW),
        extracted,
    )
}

macro_rules! fixtures {
    ($($name:ident)*) => {
        pub(super) const FIXTURES: &[(&str, &str)] = &[
            $((stringify!($name), include_str!(concat!("fixtures/", stringify!($name), ".json")))),*
        ];
    };
}

fixtures! {
    alb
    apigw_http_default_route
    apigw_rest
    apigw_rest_no_trace
    custom
    durable
    function_url
    sfn_v1_nested
    sqs_aws_trace_header_dd
    sqs_aws_trace_header_plain_xray
    sqs_batch3
    sqs_binary_attr
}

/// The event of a fixture.
fn event(name: &str) -> Value {
    let (_, fixture) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    serde_json::from_str::<Value>(fixture).unwrap()["event"].take()
}

fn ids(incoming: &Incoming) -> Option<(u128, u64)> {
    let context = incoming.context.as_ref()?;
    Some((context.trace_id(), context.parent_id()))
}

fn link_ids(incoming: &Incoming) -> Vec<(u128, u64)> {
    incoming
        .links
        .iter()
        .map(|link| (link.trace_id, link.span_id))
        .collect()
}

/// A batch of messages; each either has a context of its own or none.
fn batch(contexts: impl IntoIterator<Item = Option<(u64, u64)>>) -> String {
    let template = event("sqs_aws_trace_header_plain_xray");
    let record = |context: Option<(u64, u64)>| {
        let mut record = template["Records"][0].clone();
        if let Some((trace, parent)) = context {
            let headers =
                format!(r#"{{"x-datadog-trace-id":"{trace}","X-Datadog-Parent-Id":{parent}}}"#);
            record["messageAttributes"]["_datadog"] =
                serde_json::json!({"dataType": "String", "stringValue": headers});
        }
        record
    };
    let records: Vec<Value> = contexts.into_iter().map(record).collect();
    serde_json::json!({ "Records": records }).to_string()
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
fn a_body_may_carry_the_context() {
    let mut event: Value = serde_json::from_str(&batch([None])).unwrap();
    event["Records"][0]["body"] =
        r#"{"order": 1, "_datadog": {"x-datadog-trace-id": "5", "x-datadog-parent-id": "6"}}"#
            .into();
    assert_eq!(ids(&read_text(&event.to_string(), &[])), Some((5, 6)));
}

#[test]
fn direct_payloads_and_the_client_context_are_the_last_resort() {
    let headers = r#"{"x-datadog-trace-id": "5", "x-datadog-parent-id": "6"}"#;
    let quoted = Value::from(headers).to_string();
    for event in [
        format!(r#"{{"_datadog": {headers}}}"#),
        format!(r#"{{"a": [{{"_datadog": 1}}], "_datadog": {quoted}}}"#),
        format!(r#"{{"_datadog": {{"DataType": "String", "StringValue": {quoted}}}}}"#),
        format!(r#"{{"Records": [{{"a": 1}}], "_datadog": {headers}}}"#),
        format!(r#"{{"headers": {headers}}}"#),
        r#"{"headers": {"a": "b"}, "multiValueHeaders": {"X-DATADOG-TRACE-ID": ["5"], "x-datadog-parent-id": [6, 7]}}"#
            .to_owned(),
    ] {
        let incoming = read_text(&event, &[]);
        assert_eq!(ids(&incoming), Some((5, 6)), "{event}");
        assert_eq!(incoming.tags.printed().len() + incoming.inferred.len(), 0, "{event}");
    }

    let client = |custom: Value| -> lambda_runtime::Context {
        let mut context = context();
        context.client_context = serde_json::from_value(serde_json::json!({
            "client": {
                "installationId": "", "appTitle": "", "appVersionName": "", "appVersionCode": "", "appPackageName": ""
            },
            "custom": custom,
            "environment": {}
        }))
        .unwrap();
        context
    };
    let flat = client(serde_json::from_str(headers).unwrap());
    assert_eq!(ids(&read_with("{}", &[], &flat, None)), Some((5, 6)));
    assert_eq!(ids(&read_with("not json", &[], &flat, None)), Some((5, 6)));
    assert_eq!(
        ids(&read_with(
            r#"{"_datadog": {"x-datadog-trace-id": 7}}"#,
            &[],
            &flat,
            None
        )),
        Some((7, 0))
    );
    let nested = client(serde_json::json!({ "_datadog": headers }));
    assert_eq!(
        ids(&read_with(&batch([None]), &[], &nested, None)),
        Some((5, 6))
    );
}

#[test]
fn services_of_inferred_spans_can_be_renamed() {
    let queue = batch([None]);
    let service = |settings: &[(&str, &str)]| {
        let incoming = read_text(&queue, settings);
        incoming.inferred[0]
            .span
            .service
            .clone()
            .unwrap()
            .into_owned()
    };
    assert_eq!(service(&[]), "orders-queue");
    assert_eq!(service(&[("DD_SERVICE_MAPPING", "lambda_sqs:all")]), "all");
    assert_eq!(
        service(&[("DD_SERVICE_MAPPING", "orders-queue:one,lambda_sqs:all")]),
        "one"
    );
    assert_eq!(
        service(&[("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", "false")]),
        "sqs"
    );
    let none = read_text(&queue, &[("DD_TRACE_MANAGED_SERVICES", "false")]);
    assert!(none.inferred.is_empty() && none.tags.printed().len() == 2);
}

#[test]
fn a_client_that_does_not_wait_makes_the_span_asynchronous() {
    for name in ["apigw_rest", "apigw_http_default_route", "function_url"] {
        let mut event = event(name);
        event["headers"]["x-amz-Invocation-type"] = "Event".into();
        let incoming = read_text(&event.to_string(), &[]);
        assert!(
            incoming.inferred[0].ends == Ends::BeforeFunction && incoming.http,
            "{name}"
        );
    }
}

#[test]
fn multi_value_headers_serve_as_well() {
    let mut event = event("alb");
    let headers = event.as_object_mut().unwrap().remove("headers").unwrap();
    let lists: serde_json::Map<String, Value> = headers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.to_ascii_uppercase(), Value::from(vec![value.clone()])))
        .collect();
    let single = read_text(&self::event("alb").to_string(), &[]);
    event["multiValueHeaders"] = lists.into();
    let multi = read_text(&event.to_string(), &[]);
    assert_eq!(multi.context, single.context);
    assert_eq!(multi.tags, single.tags);
}

#[test]
fn other_partitions_are_told_by_the_function() {
    let mut context = context();
    context.invoked_function_arn =
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:prod".to_owned();
    let rest = read_with(&event("apigw_rest").to_string(), &[], &context, None);
    let key = rest.inferred[0].span.tags.text("dd_resource_key");
    assert_eq!(
        key,
        Some("arn:aws-cn:apigateway:cn-north-1::/restapis/a1b2c3d4e5")
    );
    let url = read_with(&event("function_url").to_string(), &[], &context, None);
    let arn = url.tags.text("function_trigger.event_source_arn");
    assert_eq!(
        arn,
        Some("arn:aws-cn:lambda:cn-north-1:123456789012:url:f:prod")
    );
    context.invoked_function_arn = "none".to_owned();
    let rest = read_with(&event("apigw_rest").to_string(), &[], &context, None);
    assert_eq!(rest.tags.text("function_trigger.event_source_arn"), None);
}

/// Every event with any one value removed, nulled, or of another type, and cut off at any byte.
#[test]
fn no_event_is_too_strange() {
    for (name, _) in FIXTURES {
        let whole = event(name);
        let text = whole.to_string();
        for end in 0..text.len() {
            read_text(&text[..end], &[]);
        }
        for pointer in pointers(&whole) {
            for odd in [
                Value::Null,
                "x".into(),
                7.into(),
                serde_json::json!([]),
                serde_json::json!({"a": [1]}),
            ] {
                let mut event = whole.clone();
                *event.pointer_mut(&pointer).unwrap() = odd;
                read_text(&event.to_string(), &[]);
            }
        }
    }
    for odd in [
        "",
        "null",
        "7",
        "\"x\"",
        "[]",
        "{",
        "{\"Records\":[]}",
        "{\"Records\":7}",
        "{\"requestContext\":7}",
    ] {
        let incoming = read_text(odd, &[]);
        assert!(
            incoming.context.is_none() && incoming.inferred.is_empty(),
            "{odd}"
        );
    }
}

fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(key, child)| {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(child)
            .into_iter()
            .map(move |below| format!("/{key}{below}"))
    });
    std::iter::once(String::new()).chain(below).collect()
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
