//! Tests of what is read from events, well formed and otherwise.

mod api_gateway_http;
mod api_gateway_rest;
mod api_gateway_websocket;
mod appsync;
mod authorizer;
mod cloudfront;
mod cloudwatch_events;
mod cloudwatch_logs;
mod direct;
mod dynamodb;
mod eventbridge;
mod growth;
mod kafka;
mod kinesis;
mod malformed;
mod passed_on;
mod s3;
mod sns;
mod sqs;
mod support;
mod vpc_lattice;

use super::{Ends, Incoming};
use crate::propagation::TraceContext;
use serde_json::{json, Value};
use sqs::message;
use support::*;

pub(super) use support::read_text;

#[test]
fn services_of_inferred_spans_can_be_renamed() {
    let queue = batch([message("plain")]).to_string();
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
    let removed = ("DD_TRACE_REMOVE_INTEGRATION_SERVICE_NAMES_ENABLED", "true");
    let own = ("DD_SERVICE", "orders");
    assert_eq!(service(&[removed, own]), "orders");
    assert_eq!(service(&[removed]), "orders-queue");
    let mapping = ("DD_SERVICE_MAPPING", "lambda_sqs:all");
    assert_eq!(service(&[removed, own, mapping]), "all");
    let none = read_text(&queue, &[("DD_TRACE_MANAGED_SERVICES", "false")]);
    assert!(none.inferred.is_empty() && none.tags.printed().len() == 2);
}

#[test]
fn a_client_that_does_not_wait_makes_the_span_asynchronous() {
    for name in ["apigw_rest", "apigw_http_default_route", "function_url"] {
        let mut event = event(name);
        event["headers"]["x-amz-Invocation-type"] = "Event".into();
        let incoming = read_event(&event);
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
    let single = read_event(&support::event("alb"));
    event["multiValueHeaders"] = lists.into();
    let multi = read_event(&event);
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
