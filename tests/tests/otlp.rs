//! OTLP, read by the messages of OpenTelemetry's own crate.

use std::collections::BTreeMap;

use ddlambda::testing::{Agent, AgentBehavior, AgentRequest, Binary};
use ddlambda_tests::{binary, events, host};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{any_value, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode, Span};
use prost::Message;
use serde_json::{json, Value};

fn function(agent: &Agent) -> Binary {
    let function = binary!("function").agent(false);
    let function = function.env("OTEL_TRACES_EXPORTER", "otlp");
    function.env("OTEL_EXPORTER_OTLP_ENDPOINT", agent.url())
}

/// Attributes by name.
fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, Value> {
    let pair = |pair: &KeyValue| {
        let value = pair.value.clone().and_then(|value| value.value);
        let value = match value.expect("a value") {
            any_value::Value::StringValue(text) => json!(text),
            any_value::Value::BoolValue(flag) => json!(flag),
            any_value::Value::IntValue(number) => json!(number),
            any_value::Value::DoubleValue(number) => json!(number),
            other => panic!("{other:?}"),
        };
        (pair.key.clone(), value)
    };
    let map: BTreeMap<_, _> = pairs.iter().map(pair).collect();
    assert_eq!(map.len(), pairs.len(), "{pairs:?}");
    map
}

/// The spans of a request, each with the attributes of its resource.
fn spans(request: &AgentRequest) -> Vec<(BTreeMap<String, Value>, Span)> {
    let message = ExportTraceServiceRequest::decode(&*request.body).expect("a message");
    let mut all = Vec::new();
    for group in message.resource_spans {
        let resource = attributes(&group.resource.expect("a resource").attributes);
        for scope in group.scope_spans {
            assert_eq!(scope.scope.expect("a scope").name, "ddlambda");
            all.extend(scope.spans.into_iter().map(|span| (resource.clone(), span)));
        }
    }
    all
}

#[tokio::test]
async fn a_trace_is_what_opentelemetry_expects() {
    let agent = Agent::start();
    let function = function(&agent)
        .env("DD_SERVICE", "orders")
        .env("DD_ENV", "prod")
        .env("DD_VERSION", "1.2.3")
        .env("DD_TAGS", "team:shop")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cr3t%3D");
    let lambda = function.start().await;
    let task = json!({ "spans": "fields" });
    lambda
        .invoke(events::with(events::rest(), task))
        .await
        .next_requested()
        .await;

    let requests = agent.wait_for_requests(1).await;
    assert_eq!(
        (&*requests[0].method, &*requests[0].path),
        ("POST", "/v1/traces")
    );
    assert_eq!(
        requests[0].header("content-type"),
        Some("application/x-protobuf")
    );
    assert_eq!(requests[0].header("x-key"), Some("s3cr3t="));
    assert_eq!(requests[0].header("x-datadog-trace-count"), None);

    let spans = spans(&requests[0]);
    let find = |name: &str| {
        let operation = |span: &Span| attributes(&span.attributes)["operation.name"] == name;
        spans.iter().find(|(_, span)| operation(span)).expect(name)
    };
    let (resource, root) = find("aws.lambda");
    for (name, value) in [
        ("service.name", "orders"),
        ("service.version", "1.2.3"),
        ("deployment.environment.name", "prod"),
        ("telemetry.sdk.name", "ddlambda"),
        ("telemetry.sdk.language", "rust"),
        ("cloud.provider", "aws"),
        ("cloud.platform", "aws_lambda"),
        ("cloud.region", "us-east-1"),
        ("faas.name", "test-function"),
        ("team", "shop"),
    ] {
        assert_eq!(resource[name], value, "{name}");
    }
    assert_eq!(root.trace_id, events::TRACE_ID.to_be_bytes());
    assert_eq!(root.kind(), SpanKind::Server);
    assert_eq!((&*root.name, root.status.clone()), ("test-function", None));
    assert!(root.start_time_unix_nano > 0 && root.end_time_unix_nano > root.start_time_unix_nano);
    let tags = attributes(&root.attributes);
    assert_eq!(tags["faas.coldstart"], true);
    assert_eq!(tags["http.response.status_code"], 200);
    assert_eq!(tags["http.request.method"], "GET");
    assert!(tags["faas.invocation_id"].is_string() && tags["url.full"].is_string());
    assert!(!tags.contains_key("span.kind") && !tags.contains_key("http.method"));

    let (service, api) = find("aws.apigateway");
    assert_ne!(service["service.name"], "orders");
    assert_eq!(service.get("service.version"), None);
    assert_eq!(api.parent_span_id, events::PARENT_ID.to_be_bytes());
    assert_eq!(root.parent_span_id, api.span_id);
    let (_, fields) = find("fields");
    assert_eq!(
        (fields.kind(), &fields.parent_span_id),
        (SpanKind::Internal, &root.span_id)
    );
    let fields = attributes(&fields.attributes);
    assert_eq!(
        (&fields["text"], &fields["float"]),
        (&json!("words"), &json!(1.5))
    );
}

#[tokio::test]
async fn a_program_that_is_no_function_does_not_say_that_it_is() {
    let agent = Agent::start();
    let url = agent.url();
    let mut host = host!(
        None,
        [
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
            ("AWS_REGION", "eu-west-1"),
        ]
    );
    host.run(json!([{ "name": "job" }]));
    let requests = agent.wait_for_requests(1).await;
    let (resource, _) = &spans(&requests[0])[0];
    assert_eq!(resource["cloud.region"], "eu-west-1");
    let of_lambda = |name: &&String| name.starts_with("faas.") || *name == "cloud.platform";
    assert_eq!(resource.keys().find(of_lambda), None);
}

#[tokio::test]
async fn an_error_is_a_status_and_an_exception() {
    let agent = Agent::start();
    let lambda = function(&agent).start().await;
    let outcome = lambda.invoke(events::task(json!({ "decline": 3 }))).await;
    outcome.next_requested().await;
    let requests = agent.wait_for_requests(1).await;
    let spans = spans(&requests[0]);
    let (_, root) = spans
        .iter()
        .find(|(_, span)| span.kind() == SpanKind::Server)
        .unwrap();
    assert!(root.parent_span_id.is_empty());
    let status = root.status.as_ref().unwrap();
    let message = &outcome.error().unwrap().message;
    assert_eq!(
        (status.code(), &status.message),
        (StatusCode::Error, message)
    );
    assert_eq!((root.events.len(), &*root.events[0].name), (1, "exception"));
    let exception = attributes(&root.events[0].attributes);
    assert_eq!(exception["exception.message"], json!(message));
    assert_eq!(exception["exception.stacktrace"], "Declined { code: 3 }");
    assert!(exception["exception.type"]
        .as_str()
        .unwrap()
        .contains("Declined"));
}

#[tokio::test]
async fn links_are_links_and_pointers_are_none() {
    let agent = Agent::start();
    let function = function(&agent).env("DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT", "restart");
    let lambda = function.start().await;
    let mut links = Vec::new();
    for event in [events::rest(), events::s3()] {
        lambda.invoke(event).await.next_requested().await;
        let requests = agent.requests();
        let spans = spans(requests.last().unwrap()).into_iter();
        links.push(spans.flat_map(|(_, span)| span.links).collect::<Vec<_>>());
    }
    let [rest, s3] = &links[..] else {
        panic!("{links:?}")
    };
    assert_eq!((rest.len(), s3.len()), (1, 0));
    assert_eq!(rest[0].trace_id, events::TRACE_ID.to_be_bytes());
    assert_eq!(rest[0].span_id, events::PARENT_ID.to_be_bytes());
    assert_eq!(
        attributes(&rest[0].attributes)["context_headers"],
        "datadog"
    );
}

#[tokio::test]
async fn what_is_not_kept_is_not_sent() {
    let agent = Agent::start();
    let lambda = function(&agent)
        .env("DD_TRACE_SAMPLE_RATE", "0")
        .start()
        .await;
    lambda.invoke(json!({})).await.next_requested().await;
    assert_eq!(agent.requests().len(), 0);
    // What has been decided elsewhere stands.
    lambda.invoke(events::rest()).await.next_requested().await;
    assert_eq!(agent.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_fails_once_loses_nothing_and_a_large_trace_is_several_requests() {
    let agent = Agent::start();
    agent.script([AgentBehavior::Status(503)]);
    let function = function(&agent).env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30");
    let lambda = function.start().await;
    let event = events::task(json!({ "spans": { "large": [500, 24_000] } }));
    lambda.invoke(event).await.next_requested().await;
    let requests = agent.requests();
    assert!(requests.len() >= 4, "{}", requests.len());
    assert!(requests
        .iter()
        .all(|request| request.body.len() < 5_100_000));
    let spans: Vec<_> = requests[1..].iter().flat_map(spans).collect();
    let large = spans.iter().filter(|(_, span)| span.name == "large");
    assert_eq!(large.count(), 500);
}

#[tokio::test]
async fn what_the_server_does_not_take_is_a_loss_that_is_said_once() {
    for (rejected_spans, lines) in [(2, 2), (0, 1)] {
        let agent = Agent::start();
        let error_message = "no room for them".to_owned();
        let partial_success = Some(ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        });
        let answer = ExportTraceServiceResponse { partial_success };
        agent.set_otlp_answer(answer.encode_to_vec());
        let function = function(&agent).env("AWS_LAMBDA_LOG_FORMAT", "JSON");
        let lambda = function.start().await;
        for _ in 0..6 {
            lambda.invoke(json!({})).await.next_requested().await;
        }
        // It is no failure: nothing is sent again.
        assert_eq!(agent.requests().len(), 6);
        let logs = lambda.logs();
        let said: Vec<Value> = logs
            .iter()
            .filter(|line| line.contains("no room for them"))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        // Two at first, and more than ten after the fifth.
        assert_eq!(said.len(), lines, "{logs:?}");
        let lost: Vec<_> = said.iter().map(|line| line["lost"].as_u64()).collect();
        let expected = [&[Some(2), Some(10)][..], &[None]];
        assert_eq!(lost, expected[usize::from(rejected_spans == 0)]);
        assert_eq!(said[0]["level"], "WARN");
    }
}

#[tokio::test]
async fn the_resource_is_what_opentelemetry_s_settings_say() {
    let agent = Agent::start();
    let function = function(&agent)
        .env("OTEL_SERVICE_NAME", "orders")
        .env(
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=other,service.version=1.2,deployment.environment.name=test,team=shop%20one,cloud.region=eu,cell=7",
        )
        .env("DD_VERSION", "2")
        .env("DD_TAGS", "cell:8");
    let lambda = function.start().await;
    lambda.invoke(json!({})).await.next_requested().await;
    let spans = spans(&agent.requests()[0]);
    let (resource, _) = &spans[0];
    for (name, value) in [
        ("service.name", "orders"),
        ("service.version", "2"),
        ("deployment.environment.name", "test"),
        ("team", "shop one"),
        ("cloud.region", "eu"),
        ("cell", "8"),
        ("telemetry.sdk.name", "ddlambda"),
    ] {
        assert_eq!(resource[name], value, "{name}");
    }
}
