//! What is read from events, well formed and otherwise.

mod api_gateway_http;
mod api_gateway_rest;
mod api_gateway_websocket;
mod appsync;
mod authorizer;
mod cloudfront;
mod cloudwatch_events;
mod cloudwatch_logs;
mod dynamodb;
mod eventbridge;
mod expect;
mod kafka;
mod kinesis;
mod passed_on;
mod s3;
mod sns;
mod sqs;
mod vpc_lattice;

use super::{read, Ends, Event, Incoming, Inferred};

use crate::config::Config;
use crate::propagation::TraceContext;
use crate::span::Tags;
use serde_json::{json, Value};
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
    apigw_rest_authorizer
    apigw_rest_authorizer_cached
    apigw_rest_no_trace
    appsync
    custom
    durable
    dynamodb_binary_key
    dynamodb_one_key
    eventbridge
    eventbridge_to_sqs
    function_url
    kinesis
    kinesis_no_trace
    msk
    s3_put_two
    s3_removed
    sfn_v1_nested
    sns_binary
    sns_to_sqs
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

/// Trace headers, to be put into events.
fn headers(trace_id: u64, parent_id: u64) -> Value {
    json!({
        "x-datadog-trace-id": trace_id.to_string(),
        "x-datadog-parent-id": parent_id.to_string(),
        "x-datadog-sampling-priority": "1",
    })
}

fn tags(tags: &Tags) -> Value {
    let texts = tags
        .texts()
        .map(|(name, text)| (name.to_owned(), text.into()));
    let numbers = tags.numbers();
    let numbers = numbers.map(|(name, number)| (name.to_owned(), number.into()));
    Value::Object(texts.chain(numbers).collect())
}

/// The inferred spans, without the tags that all of them have.
fn spans(incoming: &Incoming) -> Value {
    let span = |Inferred { span, ends }: &Inferred| {
        let mut tags = tags(&span.tags);
        for (name, value) in [
            ("_dd._inferred_span", json!(1.0)),
            ("_inferred_span.synchronicity", json!("async")),
            ("_inferred_span.tag_source", json!("self")),
            ("operation_name", json!(span.name)),
            ("request_id", json!(context().request_id)),
            ("span.kind", json!("server")),
        ] {
            let found = tags.as_object_mut().unwrap().remove(name);
            assert_eq!(found, Some(value), "{name}");
        }
        let resource = tags.as_object_mut().unwrap().remove("resource_names");
        assert_eq!(resource, span.resource.as_deref().map(Value::from));
        json!({
            "name": span.name,
            "service": span.service,
            "resource": span.resource,
            "type": span.kind,
            "start": span.start,
            "ends": match ends {
                Ends::WithFunction => json!("with function"),
                Ends::BeforeFunction => json!("before function"),
                Ends::At(time) => json!(time),
            },
            "tags": tags,
        })
    };
    incoming.inferred.iter().map(span).collect()
}

/// The names of the inferred spans.
fn names(incoming: &Incoming) -> Vec<&str> {
    let names = incoming
        .inferred
        .iter()
        .map(|inferred| &*inferred.span.name);
    names.collect()
}

/// All that was read from an event without a batch, in a form that can be compared with one literal.
fn described(incoming: &Incoming) -> Value {
    let inferred = incoming.inferred.iter().map(|inferred| {
        let span = &inferred.span;
        json!({
            "name": span.name, "service": span.service, "resource": span.resource, "type": span.kind,
            "start": span.start, "ends": format!("{:?}", inferred.ends), "tags": tags(&span.tags),
        })
    });
    json!({
        "context": ids(incoming).map(|(trace, parent)| [trace.to_string(), parent.to_string()]),
        "tags": tags(&incoming.tags),
        "inferred": inferred.collect::<Vec<_>>(),
        "http": incoming.http,
    })
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
                json!({"dataType": "String", "stringValue": headers});
        }
        record
    };
    let records: Vec<Value> = contexts.into_iter().map(record).collect();
    json!({ "Records": records }).to_string()
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
        context.client_context = serde_json::from_value(json!({
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
    let nested = client(json!({ "_datadog": headers }));
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
    let mut events: Vec<Value> = FIXTURES.iter().map(|(name, _)| event(name)).collect();
    events.extend([
        api_gateway_rest::mapped(),
        api_gateway_websocket::connect(),
        vpc_lattice::version_1(),
        vpc_lattice::version_2(),
    ]);
    for whole in events {
        let text = whole.to_string();
        for end in 0..text.len() {
            read_text(&text[..end], &[]);
        }
        for pointer in pointers(&whole) {
            for odd in [
                Value::Null,
                "x".into(),
                7.into(),
                json!([]),
                json!({"a": [1]}),
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
