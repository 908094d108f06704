//! What is read from responses, and the metrics of a function.

use ddlambda::testing::{Lambda, Outcome};
use ddlambda_tests::dogstatsd::DogStatsD;
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

/// What the server has got when the function is done, but for the count of invocations.
async fn metrics(server: &DogStatsD, outcome: &Outcome) -> Vec<String> {
    outcome.next_requested().await;
    let mut metrics = server.received();
    metrics.retain(|line| !line.starts_with("aws.lambda.enhanced.invocations:"));
    metrics
}

#[tokio::test]
async fn failures_of_a_batch_are_a_metric() {
    let server = DogStatsD::start();
    let function = binary!("function")
        .env("DD_DOGSTATSD_URL", server.url())
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023");
    let lambda = function.start().await;
    let two = json!([{ "itemIdentifier": "1" }, { "itemIdentifier": "2" }]);
    let mut cold_start = "true";
    for (task, count) in [
        (json!({ "respond": { "batchItemFailures": two } }), 2),
        (json!({ "respond_failures": 3 }), 3),
        (json!({ "respond_failures": 0 }), 0),
        (json!({ "respond_failures_once": 3 }), 3),
        (json!({ "respond_raw": { "batchItemFailures": two } }), 2),
    ] {
        let event = events::with(events::sqs_batch(), task);
        let outcome = lambda.invoke(event).await;
        let known = format!(
            "aws.lambda.enhanced.batch_item_failures:{count}|d|#region:us-east-1,account_id:123456789012,\
             functionname:test-function,resource:test-function,memorysize:128,cold_start:{cold_start},\
             runtime:provided.al2023,datadog_lambda:v{}",
            env!("CARGO_PKG_VERSION"),
        );
        assert_eq!(metrics(&server, &outcome).await, [known]);
        let trace = outcome.trace().await;
        for name in ["aws.lambda", "aws.sqs"] {
            let span = trace.span(name);
            assert!(!span.error && span.tag("http.status_code").is_none());
        }
        cold_start = "false";
    }
}

#[tokio::test]
async fn a_response_that_serialises_once_arrives_whole() {
    for capture in ["false", "true"] {
        let function = binary!("function").env("DD_CAPTURE_LAMBDA_PAYLOAD", capture);
        let lambda = function.start().await;
        for event in [events::rest(), rest_authorizer()] {
            for (task, response) in [
                (json!({ "respond_once": 3 }), json!([0, 1, 2])),
                (
                    json!({ "respond_failures_once": 2 }),
                    json!({ "batchItemFailures": [0, 1] }),
                ),
            ] {
                let event = events::with(event.clone(), task);
                let outcome = lambda.invoke(event).await;
                assert_eq!(outcome.response(), &response);
                let trace = outcome.trace().await;
                let mut tags = trace.span("aws.lambda").meta.keys();
                let captured = tags.any(|name| name.starts_with("function.response."));
                assert_eq!(captured.to_string(), capture);
            }
        }
    }
}

/// What an authorizer is asked.
fn rest_authorizer() -> Value {
    let mut event = events::rest();
    event["type"] = "REQUEST".into();
    event["methodArn"] = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/".into();
    event
}

#[tokio::test]
async fn no_failures_are_no_metric() {
    let server = DogStatsD::start();
    let function = binary!("function").env("DD_DOGSTATSD_URL", server.url());
    let lambda = function.start().await;
    for (event, task) in [
        (events::sqs_batch(), json!("nothing")),
        (
            events::sqs_batch(),
            json!({ "respond": { "batchItemFailures": null } }),
        ),
        (events::rest(), json!({ "respond": { "statusCode": 200 } })),
    ] {
        let outcome = lambda.invoke(events::with(event, task.clone())).await;
        assert_eq!(metrics(&server, &outcome).await, [""; 0], "{task}");
    }
}

#[tokio::test]
async fn metrics_about_the_function_can_be_turned_off() {
    let server = DogStatsD::start();
    let function = binary!("function")
        .env("DD_DOGSTATSD_URL", server.url())
        .env("DD_ENHANCED_METRICS", "false");
    let lambda = function.start().await;
    let event = events::with(events::sqs_batch(), json!({ "respond_failures": 1 }));
    assert_eq!(metrics(&server, &lambda.invoke(event).await).await, [""; 0]);
    let own = json!({ "metrics": [["shop.orders", 1, []]] });
    let outcome = lambda.invoke(events::task(own)).await;
    assert_eq!(metrics(&server, &outcome).await, ["shop.orders:1|d"]);
}

fn orders() -> Value {
    events::task(json!({ "metrics": [
        ["shop.orders", 2, ["kind:tea", "note:a b|c"]],
        ["shop order price", 12.5, []],
        ["", 1, []],
    ] }))
}

#[tokio::test]
async fn values_go_to_dogstatsd() {
    let server = DogStatsD::start();
    let function = binary!("function").env("DD_DOGSTATSD_URL", server.url());
    let lambda = function.start().await;
    let outcome = lambda.invoke(orders()).await;
    assert_eq!(
        metrics(&server, &outcome).await,
        [
            "shop.orders:2|d|#kind:tea,note:a_b_c",
            "shop_order_price:12.5|d"
        ]
    );
    // Nobody there is no error.
    let url = server.url();
    drop(server);
    let function = binary!("function").env("DD_DOGSTATSD_URL", url);
    let lambda = function.start().await;
    for _ in 0..3 {
        assert!(lambda.invoke(orders()).await.is_ok());
    }
}

#[tokio::test]
async fn without_a_server_values_are_lines_of_the_log() {
    let function = binary!("function").env("DD_ENHANCED_METRICS", "false");
    let lambda = function.agent(false).start().await;
    let logs = lambda.invoke(orders()).await.logs().await;
    let values: Vec<Value> = logs
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line.get("m").is_some())
        .collect();
    let seconds = values[0]["e"].clone();
    assert!(seconds.as_u64().unwrap() > 1_700_000_000);
    assert_eq!(
        values[0],
        json!({ "m": "shop.orders", "v": 2, "e": seconds, "t": ["kind:tea", "note:a_b_c"] })
    );
    assert_eq!(
        (&values[1]["v"], &values[1]["t"]),
        (&json!(12.5), &json!([]))
    );
    assert_eq!(values.len(), 2);
}

#[tokio::test]
async fn a_durable_execution_tells_its_status() {
    let lambda = binary!("function").start().await;
    for (response, status) in [
        (
            json!({ "Status": "SUCCEEDED", "Result": "{}" }),
            Some("SUCCEEDED"),
        ),
        (json!({ "Status": "FAILED", "Error": {} }), Some("FAILED")),
        (json!({ "Status": "PENDING" }), Some("PENDING")),
        (json!({ "Status": "LOST" }), None),
        (json!("SUCCEEDED"), None),
        (json!(null), None),
    ] {
        let task = json!({ "respond": response });
        let trace = lambda.invoke(events::with(events::durable(), task)).await;
        let trace = trace.trace().await;
        let span = trace.span("aws.lambda");
        assert_eq!(
            span.tag("aws.durable.execution_status"),
            status,
            "{response}"
        );
        assert_eq!(span.tag("aws.durable.execution_name"), Some("order-981"));
        assert_eq!(span.tag("aws.durable.first_invocation"), Some("true"));
        assert_eq!(
            trace
                .spans()
                .iter()
                .filter(|span| span.name != "aws.lambda.load")
                .count(),
            1
        );
    }
    let task = json!({ "respond_raw": { "Status": "FAILED" } });
    let event = events::with(events::durable(), task);
    let trace = lambda.invoke(event).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("aws.durable.execution_status"), Some("FAILED"));
    let event = events::with(
        events::sqs_batch(),
        json!({ "respond": { "Status": "FAILED" } }),
    );
    let trace = lambda.invoke(event).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(span.tag("aws.durable.execution_status"), None);
}

#[tokio::test]
async fn a_state_is_the_parent_and_tells_of_itself() {
    let lambda = binary!("function").start().await;
    let event = events::step_functions();
    let trace = lambda.invoke(event).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(trace.root().name, "aws.lambda");
    assert_eq!(span.parent_id, 2523403482169704187);
    assert_eq!(
        span.trace_id,
        0x56ae_fbeb_1844_cfe7 << 64 | 2143921989912658214
    );
    assert_eq!(span.tag("function_trigger.event_source"), Some("states"));
    assert_eq!(span.tag("state_name"), Some("Charge"));
    assert_eq!(span.tag("_dd.p.dm"), None);
    assert_eq!(span.metric("_sampling_priority_v1"), Some(1.0));
}

#[tokio::test]
async fn a_server_error_marks_the_function_without_inferred_spans() {
    let function = binary!("function").env("DD_TRACE_MANAGED_SERVICES", "false");
    let lambda = function.start().await;
    for (task, status, failed) in [
        (
            json!({ "respond": { "statusCode": 500, "body": "x" } }),
            "500",
            true,
        ),
        (
            json!({ "respond_raw": { "statusCode": 503, "body": "x" } }),
            "503",
            true,
        ),
        (
            json!({ "respond_raw": [{ "statusCode": 503 }] }),
            "200",
            false,
        ),
        (json!({ "fail": "boom" }), "502", true),
        (json!({ "respond": { "foo": "bar" } }), "200", false),
        (json!("nothing"), "200", false),
    ] {
        let event = events::with(events::rest(), task.clone());
        let trace = lambda.invoke(event).await.trace().await;
        let span = trace.span("aws.lambda");
        assert_eq!(
            (span.tag("http.status_code"), span.error),
            (Some(status), failed),
            "{task}"
        );
    }
}

#[tokio::test]
async fn requests_have_the_status_of_their_response() {
    let lambda: Lambda = binary!("http").start().await;
    for (body, status, failed) in [
        (r#"{"do":{"respond":201}}"#, "201", false),
        (r#"{"do":{"respond":503}}"#, "503", true),
        (r#"{"do":"nothing"}"#, "200", false),
        (r#"{"do":{"fail":"boom"}}"#, "502", true),
    ] {
        let mut event = events::rest();
        event["body"] = body.into();
        let trace = lambda.invoke(event).await.trace().await;
        for name in ["aws.lambda", "aws.apigateway"] {
            let span = trace.span(name);
            assert_eq!(
                (span.tag("http.status_code"), span.error),
                (Some(status), failed),
                "{body}"
            );
        }
    }
}
