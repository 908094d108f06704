//! Events of AWS services. They carry the same trace context, in the way of their service.

use serde_json::{json, Value};

use crate::conformance::fixtures;

/// The trace in every event that carries one.
pub const TRACE_ID: u128 = 0x65e1_f2a3_0000_0000 << 64 | 5_211_111_111_111_111_115;
/// The span that they name as the parent.
pub const PARENT_ID: u64 = 6_322_222_222_222_222_226;

macro_rules! fixtures {
    ($($(#[$doc:meta])* $function:ident: $file:literal,)*) => {
        $(
            $(#[$doc])*
            pub fn $function() -> Value {
                fixture(include_str!(concat!("../conformance/", $file)))
            }
        )*
    };
}

fixtures! {
    /// API Gateway, REST.
    rest: "apigw_rest.json",
    /// API Gateway, REST, without a trace context.
    rest_without_context: "apigw_rest_no_trace.json",
    /// API Gateway, REST, with a trace context from an authorizer.
    rest_authorized: "apigw_rest_authorizer.json",
    /// API Gateway, HTTP.
    http_api: "apigw_http_default_route.json",
    /// DynamoDB, one item.
    dynamodb: "dynamodb_one_key.json",
    /// Kafka, with the context in the headers.
    kafka: "msk.json",
    /// Kinesis.
    kinesis: "kinesis.json",
    /// S3, two objects.
    s3: "s3_put_two.json",
    /// SNS, with the context in a Binary attribute.
    sns: "sns_binary.json",
    /// A function URL.
    function_url: "function_url.json",
    /// An application load balancer.
    load_balancer: "alb.json",
    /// A resolver of AppSync.
    app_sync: "appsync.json",
    /// A step of a durable execution.
    durable: "durable.json",
    /// AWS Step Functions, from a nested execution.
    step_functions: "sfn_v1_nested.json",
    /// SQS, with the context in a String attribute of each of three messages.
    sqs_batch: "sqs_batch3.json",
    /// SQS, with the context in a Binary attribute.
    sqs_binary: "sqs_binary_attr.json",
    /// SQS, with the context in `AWSTraceHeader`.
    sqs_aws_trace_header: "sqs_aws_trace_header_dd.json",
    /// SQS, with a trace of X-Ray's own.
    sqs_xray: "sqs_aws_trace_header_plain_xray.json",
}

/// The event of every fixture in `conformance`: all services, in many forms.
pub fn samples() -> Vec<Value> {
    let events = fixtures().into_iter().map(|fixture| {
        let event = serde_json::from_str(fixture.event.get());
        event.expect("the event of a fixture is JSON")
    });
    events.collect()
}

fn fixture(text: &str) -> Value {
    let mut fixture: Value = serde_json::from_str(text).expect("a fixture is JSON");
    fixture["event"].take()
}

/// The headers that carry [`TRACE_ID`] and [`PARENT_ID`].
pub fn headers() -> Value {
    json!({
        "x-datadog-trace-id": "5211111111111111115",
        "x-datadog-parent-id": "6322222222222222226",
        "x-datadog-sampling-priority": "2",
        "x-datadog-origin": "rum",
        "x-datadog-tags": "_dd.p.tid=65e1f2a300000000,_dd.p.dm=-4",
    })
}

/// The event, with something to do for the function.
pub fn with(mut event: Value, task: impl Into<Value>) -> Value {
    event["do"] = task.into();
    event
}

/// An event of no service, with something to do for the function.
pub fn task(task: impl Into<Value>) -> Value {
    with(json!({}), task)
}
