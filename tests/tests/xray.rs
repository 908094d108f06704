//! The traces of X-Ray: as one with Datadog's, and beside them.

use std::net::UdpSocket;
use std::time::Duration;

use ddlambda::testing::{Binary, Lambda, Outcome, Trace};
use ddlambda_tests::conformance::fixtures;
use ddlambda_tests::xray::{header, Daemon, SEGMENT_ID, TRACE_ID};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

async fn invoke(lambda: &Lambda, event: Value, sampled: bool) -> Outcome {
    let invocation = lambda.invocation().event(event);
    invocation.trace_header(header(sampled)).send().await
}

/// What the daemon has been told when the function is done.
async fn told(daemon: &Daemon, outcome: &Outcome) -> Vec<Value> {
    outcome.next_requested().await;
    daemon.told()
}

fn merged() -> Binary {
    binary!("function").env("DD_MERGE_XRAY_TRACES", "true")
}

fn ids(trace: &Trace) -> (u128, u64, Option<i32>) {
    let root = trace.root();
    (root.trace_id, root.parent_id, trace.priority())
}

const MESSAGE: u128 = events::TRACE_ID;

#[tokio::test]
async fn an_event_without_a_context_belongs_to_the_trace_of_x_ray() {
    let lambda = merged().start().await;
    for (event, first) in [
        (json!({}), "aws.lambda"),
        (events::rest_without_context(), "aws.apigateway"),
        (events::sqs_xray(), "aws.sqs"),
    ] {
        for (sampled, priority) in [(true, 2), (false, -1)] {
            let outcome = invoke(&lambda, event.clone(), sampled).await;
            let trace = outcome.trace().await;
            assert_eq!(trace.root().name, first);
            assert_eq!(ids(&trace), (TRACE_ID, SEGMENT_ID, Some(priority)));
            let span = trace.span("aws.lambda");
            assert_eq!(span.tag("_dd.parent_source"), Some("xray"));
            assert_eq!(trace.root().tag("_dd.p.tid"), None);
        }
    }
}

#[tokio::test]
async fn with_a_context_only_the_parent_is_x_rays() {
    let lambda = merged().start().await;
    for (event, first) in [
        (json!({ "_datadog": events::headers() }), "aws.lambda"),
        (events::rest(), "aws.apigateway"),
        (events::sqs_batch(), "aws.sqs"),
    ] {
        let trace = invoke(&lambda, event, true).await.trace().await;
        assert_eq!(trace.root().name, first);
        assert_eq!(
            (trace.trace_id(), trace.root().parent_id),
            (MESSAGE, SEGMENT_ID)
        );
        assert_ne!(trace.priority(), Some(-1));
        assert_eq!(trace.span("aws.lambda").tag("_dd.parent_source"), None);
        if first != "aws.lambda" {
            trace.assert_parent(trace.span("aws.lambda"), trace.root());
        }
    }
    // That X-Ray does not record it is not for X-Ray to decide for a trace that began elsewhere.
    let event = json!({ "_datadog": events::headers() });
    let trace = invoke(&lambda, event, false).await.trace().await;
    assert_eq!(ids(&trace), (MESSAGE, SEGMENT_ID, Some(2)));
}

#[tokio::test]
async fn an_extractors_context_is_one_of_the_event() {
    let lambda = merged().args(["closure"]).start().await;
    let trace = invoke(&lambda, json!({ "trace": 78 }), true)
        .await
        .trace()
        .await;
    assert_eq!(ids(&trace), (78, SEGMENT_ID, Some(1)));
}

#[tokio::test]
async fn what_is_only_linked_is_not_the_trace() {
    let lambda = merged().args(["link"]).start().await;
    let event = json!({ "_datadog": events::headers() });
    let trace = invoke(&lambda, event, true).await.trace().await;
    assert_eq!(ids(&trace), (TRACE_ID, SEGMENT_ID, Some(2)));
    let links = &trace.span("aws.lambda").links;
    assert_eq!(links[0].trace_id, MESSAGE);
}

#[tokio::test]
async fn outgoing_headers_name_the_merged_trace() {
    let lambda = merged().start().await;
    let event = events::task(json!({ "context": "headers" }));
    let outcome = invoke(&lambda, event, true).await;
    let id = &outcome.response()["handler"]["headers"]["x-datadog-trace-id"];
    assert_eq!(*id, TRACE_ID.to_string());
}

#[tokio::test]
async fn without_a_whole_header_there_is_nothing_to_merge() {
    let lambda = merged().start().await;
    for header in [
        "",
        "Root=",
        "Root=1-5e272390-8c398be037738dc042009320;Sampled=1",
        "Root=1-5e272390-8c398be037738dc042009320;Parent=;Sampled=1",
    ] {
        let event = json!({ "_datadog": events::headers() });
        for (event, parent_id) in [(json!({}), 0), (event, events::PARENT_ID)] {
            let invocation = lambda.invocation().event(event).trace_header(header);
            let trace = invocation.send().await.trace().await;
            assert_eq!(trace.root().parent_id, parent_id, "{header}");
            assert_eq!(trace.root().tag("_dd.parent_source"), None);
        }
    }
}

#[tokio::test]
async fn unmerged_x_ray_is_no_parent() {
    for function in [
        binary!("function"),
        binary!("function").env("DD_MERGE_XRAY_TRACES", "false"),
    ] {
        let lambda = function.start().await;
        let trace = invoke(&lambda, json!({}), true).await.trace().await;
        assert_ne!(trace.trace_id(), TRACE_ID);
        assert_eq!((trace.root().parent_id, trace.priority()), (0, Some(1)));
        let trace = invoke(&lambda, events::rest(), true).await.trace().await;
        assert_eq!(
            (trace.trace_id(), trace.root().parent_id),
            (MESSAGE, events::PARENT_ID)
        );
    }
}

#[tokio::test]
async fn x_ray_is_told_what_python_and_node_tell() {
    let trace = |trace: &str, parent: &str, priority: &str| json!({ "trace": { "trace-id": trace, "parent-id": parent, "sampling-priority": priority } });
    let trigger = |source: &str, arn: &str| json!({ "lambda_function_tags": { "function_trigger.event_source": source, "function_trigger.event_source_arn": arn } });
    let own = trace("5211111111111111115", "6322222222222222226", "1");
    let queue = || trigger("sqs", "arn:aws:sqs:us-east-1:111122223333:orders-queue");
    let rest = json!({ "lambda_function_tags": {
        "function_trigger.event_source": "api-gateway",
        "function_trigger.event_source_arn": "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live",
        "http.url": "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live/orders/981",
        "http.url_details.path": "/live/orders/981",
        "http.method": "GET",
        "http.referer": "https://shop.example/cart",
        "http.route": "/orders/{orderId}",
        "http.status_code": "200",
    } });
    let failed = json!({ "lambda_function_tags": {
        "function_trigger.event_source": "api-gateway",
        "function_trigger.event_source_arn": "arn:aws:apigateway:us-east-1::/restapis/shop1234/stages/prod",
        "http.url": "https://shop1234.execute-api.us-east-1.amazonaws.com/prod/path/to/resource",
        "http.url_details.path": "/prod/path/to/resource",
        "http.method": "POST",
        "http.route": "/{proxy+}",
        "http.status_code": "502",
    } });
    let state = json!({ "root_span_metadata": {
        "execution_id": "arn:aws:states:us-east-1:111122223333:execution:orders-sm:aaaa1111-bbbb-2222-cccc-333333333333",
        "redrive_count": "0",
        "retry_count": "0",
        "state_entered_time": "2025-01-01T00:00:00.123Z",
        "state_name": "Charge",
        "root_execution_id": "arn:aws:states:us-east-1:111122223333:execution:root-sm:aaaa1111-bbbb-2222-cccc-333333333333",
        "serverless_version": "v1",
    } });
    let expected = [
        ("apigw_rest", vec![own.clone(), rest]),
        ("error_apigw", vec![trace("12345", "67890", "2"), failed]),
        ("sqs_batch3", vec![own.clone(), queue()]),
        (
            "sqs_aws_trace_header_dd",
            vec![
                trace("5211109661725545187", "6322116121532285602", "1"),
                queue(),
            ],
        ),
        ("sqs_aws_trace_header_plain_xray", vec![queue()]),
        (
            "sfn_v1_nested",
            vec![
                state,
                trigger(
                    "states",
                    "arn:aws:states:us-east-1:111122223333:stateMachine:orders-sm",
                ),
            ],
        ),
        (
            "kinesis_no_trace",
            vec![trigger(
                "kinesis",
                "arn:aws:kinesis:us-east-1:111122223333:stream/orders-stream",
            )],
        ),
        (
            "s3_put_two",
            vec![trigger("s3", "arn:aws:s3:::orders-bucket")],
        ),
        ("custom", vec![]),
        ("xray_no_merge_no_event_ctx", vec![]),
        ("xray_unsampled_event_ctx", vec![]),
    ];
    let fixtures = fixtures();
    for (name, mut expected) in expected {
        let fixture = fixtures.iter().find(|fixture| fixture.name == name);
        let fixture = fixture.unwrap_or_else(|| panic!("{name}"));
        // A client's name is a tag of this library's own.
        for metadata in &mut expected {
            if let (Some(agent), Some(tags)) =
                (user_agent(name), metadata.get_mut("lambda_function_tags"))
            {
                tags["http.useragent"] = agent.into();
            }
        }
        for merge in ["false", "true"] {
            let daemon = Daemon::start();
            let mut function = binary!("function")
                .function_name("My-Func")
                .env("AWS_XRAY_DAEMON_ADDRESS", daemon.address())
                .env("DD_MERGE_XRAY_TRACES", merge);
            for (variable, value) in &fixture.env {
                function = function.env(variable, value);
            }
            let outcome = fixture.invocation(&function.start().await).send().await;
            assert_eq!(told(&daemon, &outcome).await, expected, "{name}");
        }
    }
}

/// What the client of a fixture calls itself.
fn user_agent(name: &str) -> Option<&'static str> {
    match name {
        "apigw_rest" => Some("probe/1.0"),
        "error_apigw" => Some("probe/5.0"),
        _ => None,
    }
}

#[tokio::test]
async fn x_ray_is_told_of_what_it_records() {
    let daemon = Daemon::start();
    let function = binary!("function").env("AWS_XRAY_DAEMON_ADDRESS", daemon.address());
    let lambda = function.start().await;
    for _ in 0..2 {
        let outcome = invoke(&lambda, events::rest(), true).await;
        let keys = keys(&told(&daemon, &outcome).await);
        assert_eq!(keys, ["trace", "lambda_function_tags"]);
    }
    // Nothing of a trace that X-Ray does not record.
    let outcome = invoke(&lambda, events::rest(), false).await;
    assert_eq!(told(&daemon, &outcome).await, [Value::Null; 0]);
}

fn keys(told: &[Value]) -> Vec<String> {
    let names = |metadata: &Value| {
        let names = metadata.as_object().unwrap().keys();
        names.cloned().collect::<Vec<_>>()
    };
    told.iter().flat_map(names).collect()
}

#[tokio::test]
async fn every_way_to_run_tells_it() {
    for function in [
        binary!("layered"),
        binary!("concurrent"),
        binary!("http"),
        binary!("function").args(["untouched"]),
        binary!("function").agent(false),
    ] {
        let daemon = Daemon::start();
        let function = function.env("AWS_XRAY_DAEMON_ADDRESS", daemon.address());
        let outcome = invoke(&function.start().await, events::rest(), true).await;
        let told = told(&daemon, &outcome).await;
        assert_eq!(keys(&told), ["trace", "lambda_function_tags"]);
    }
}

#[tokio::test]
async fn what_is_known_is_told_without_the_event() {
    let daemon = Daemon::start();
    let function = binary!("plain").env("AWS_XRAY_DAEMON_ADDRESS", daemon.address());
    let lambda = function.start().await;
    let invocation = lambda.invocation().trace_header(header(true));
    let custom = json!({ "custom": events::headers() });
    let outcome = invocation.client_context(custom).send().await;
    assert_eq!(keys(&told(&daemon, &outcome).await), ["trace"]);
}

#[tokio::test]
async fn a_function_that_runs_out_of_time_has_told_it() {
    let daemon = Daemon::start();
    let function = binary!("function").env("AWS_XRAY_DAEMON_ADDRESS", daemon.address());
    let lambda = function.start().await;
    let event = events::with(events::rest(), json!("hang"));
    let invocation = lambda.invocation().event(event).trace_header(header(true));
    let outcome = invocation.deadline(Duration::from_millis(400)).send().await;
    assert!(outcome.error().is_some());
    let told = daemon.told();
    assert_eq!(keys(&told), ["trace", "lambda_function_tags"]);
    assert_eq!(
        told[1]["lambda_function_tags"]["http.status_code"],
        Value::Null
    );
}

#[tokio::test]
async fn nobody_has_to_be_there() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let gone = socket.local_addr().unwrap().to_string();
    drop(socket);
    for address in [&*gone, "[::1]:9", "somewhere", ""] {
        let function = binary!("function").env("AWS_XRAY_DAEMON_ADDRESS", address);
        let lambda = function.start().await;
        for _ in 0..3 {
            let outcome = invoke(&lambda, events::rest(), true).await;
            assert!(outcome.is_ok());
            assert_eq!(outcome.trace().await.trace_id(), MESSAGE);
        }
        let logs = lambda.logs();
        let complaints = logs
            .iter()
            .filter(|line| line.contains("AWS_XRAY_DAEMON_ADDRESS"));
        assert_eq!(
            complaints.count(),
            usize::from(address == "somewhere"),
            "{logs:?}"
        );
    }
}

#[tokio::test]
async fn x_ray_may_trace_the_function_alone() {
    let daemon = Daemon::start();
    let function = binary!("function")
        .env("DD_TRACE_ENABLED", "false")
        .env("AWS_XRAY_DAEMON_ADDRESS", daemon.address());
    let lambda = function.start().await;
    let outcome = invoke(&lambda, events::rest(), true).await;
    let told_of_one = told(&daemon, &outcome).await;
    assert_eq!(keys(&told_of_one), ["trace", "lambda_function_tags"]);
    let parent_id = &told_of_one[0]["trace"]["parent-id"];
    assert_eq!(*parent_id, events::PARENT_ID.to_string());
    let tags = &told_of_one[1]["lambda_function_tags"];
    assert_eq!(tags["http.method"], "GET");
    assert_eq!(tags["http.status_code"], "200");

    let outcome = invoke(&lambda, events::rest(), false).await;
    assert_eq!(told(&daemon, &outcome).await, [Value::Null; 0]);
    assert!(lambda.agent().unwrap().requests().is_empty());
    assert_eq!(lambda.logs(), [""; 0]);
}
