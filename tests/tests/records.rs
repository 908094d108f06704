//! A span for each record of a batch.

use std::slice::from_ref;

use ddlambda::testing::{Lambda, Outcome, Span, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

async fn start(how: &str) -> Lambda {
    let function = binary!("records").args([how]);
    function.env("AWS_LAMBDA_LOG_FORMAT", "JSON").start().await
}

/// A message with a context: `number` says which trace, and ten times that which span.
fn message(number: u64, body: &str) -> Value {
    let context = json!({
        "x-datadog-trace-id": number.to_string(),
        "x-datadog-parent-id": (number * 10).to_string(),
        "x-datadog-sampling-priority": "2",
    });
    json!({
        "messageId": format!("m{number}"),
        "receiptHandle": "r",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "3", "SentTimestamp": "1735689600123" },
        "messageAttributes": {
            "_datadog": { "dataType": "String", "stringValue": context.to_string() },
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
        "awsRegion": "us-east-1",
    })
}

fn batch(bodies: [&str; 3]) -> Value {
    let messages = (1..).zip(bodies);
    let messages: Vec<_> = messages
        .map(|(number, body)| message(number, body))
        .collect();
    json!({ "Records": messages })
}

/// The spans of the records, by their messages.
fn records(traces: &[Trace]) -> Vec<Span> {
    let spans = traces.iter().flat_map(Trace::spans);
    let mut records: Vec<_> = spans
        .filter(|span| span.name == "aws.sqs.process")
        .cloned()
        .collect();
    records.sort_by_key(|span| span.tag("message_id").map(str::to_owned));
    records
}

fn failures(outcome: &Outcome) -> Vec<&str> {
    let failures = outcome.response()["batchItemFailures"].as_array().unwrap();
    let ids = failures
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str());
    ids.map(Option::unwrap).collect()
}

fn link_ids(span: &Span) -> Vec<(u128, u64)> {
    let ids = span.links.iter().map(|link| (link.trace_id, link.span_id));
    ids.collect()
}

#[track_caller]
fn step(trace: &Trace, record: &Span) -> Span {
    let steps = trace.children(record);
    assert_eq!(steps.len(), 1, "{trace}");
    assert_eq!(steps[0].name, "step");
    steps[0].clone()
}

#[tokio::test]
async fn each_record_has_a_span_that_links_to_its_producer() {
    let lambda = start("sequence").await;
    let outcome = lambda.invoke(batch(["a", "fail", "b"])).await;
    let trace = outcome.trace().await;
    assert_eq!(failures(&outcome), ["m2"]);
    let root = trace.span("aws.lambda");
    assert!(!root.error);
    let records = records(from_ref(&trace));
    assert_eq!(records.len(), 3);
    for (number, record) in (1..).zip(&records) {
        trace.assert_parent(record, root);
        assert_eq!(link_ids(record), [(number, number as u64 * 10)]);
        assert_eq!(record.links[0].flags, Some(1 | 1 << 31));
        assert_eq!((&*record.resource, &*record.kind), ("place", "worker"));
        assert_eq!(record.service, root.service);
        for (name, value) in [
            ("span.kind", "consumer"),
            ("message_id", &*format!("m{number}")),
            ("queuename", "orders"),
            ("sent.parent", &*record.span_id.to_string()),
        ] {
            assert_eq!(record.tag(name), Some(value), "{name}");
        }
        assert_eq!(record.metric("retry_count"), Some(3.0));
        assert_eq!(record.metric("length"), Some(1.0));
        let step = step(&trace, record);
        assert!(record.start <= step.start && step.end() <= record.end());
        assert_eq!(record.error, number == 2);
    }
    let failed = &records[1];
    assert!(failed.tag("error.type").unwrap().ends_with("::Declined"));
    assert_eq!(failed.tag("error.message"), Some("the order was declined"));
    assert_eq!(failed.tag("error.stack"), Some("Declined"));
    assert!(records[0].end() <= records[1].start);
    assert_eq!(lambda.agent().unwrap().requests().len(), 1);
}

#[tokio::test]
async fn records_may_be_handled_at_once() {
    for how in ["joined", "spawned", "sync", "within"] {
        let lambda = start(how).await;
        let outcome = lambda.invoke(batch(["a", "b", "fail"])).await;
        let trace = outcome.trace().await;
        assert_eq!(failures(&outcome), ["m3"], "{how}");
        let records = records(from_ref(&trace));
        assert_eq!(records.len(), 3, "{how}: {trace}");
        for (number, record) in (1..).zip(&records) {
            step(&trace, record);
            assert_eq!(link_ids(record), [(number, number as u64 * 10)], "{how}");
            assert_eq!(record.error, number == 3, "{how}");
            let parent = trace
                .spans()
                .iter()
                .find(|span| span.span_id == record.parent_id);
            let expected = if how == "within" {
                "outer"
            } else {
                "aws.lambda"
            };
            assert_eq!(parent.unwrap().name, expected);
        }
    }
}

#[tokio::test]
async fn a_record_may_continue_the_trace_of_its_producer() {
    let lambda = start("continued").await;
    let outcome = lambda.invoke(batch(["a", "fail", "b"])).await;
    let trace = outcome.trace().await;
    let root = trace.span("aws.lambda");
    let traces = lambda.agent().unwrap().traces();
    assert_eq!(traces.len(), 3);
    for (number, record) in (1..).zip(records(&traces)) {
        assert_eq!(
            (record.trace_id, record.parent_id),
            (number, number as u64 * 10)
        );
        assert_eq!(link_ids(&record), [(root.trace_id, root.span_id)]);
        assert_eq!(record.resource, "place order");
        assert_eq!(record.metric("_sampling_priority_v1"), Some(2.0));
        let of_record = traces
            .iter()
            .find(|trace| trace.trace_id() == number)
            .unwrap();
        let step = step(of_record, &record);
        assert_eq!(step.trace_id, number);
        assert_eq!(
            record.tag("sent.parent"),
            Some(&*record.span_id.to_string())
        );
        assert_eq!(record.error, number == 2);
        assert_eq!(
            log_ids(&outcome, number).await,
            (number.to_string(), record.span_id.to_string())
        );
    }
    assert_eq!(lambda.agent().unwrap().requests().len(), 1);
}

/// The ids in the log line of a record.
async fn log_ids(outcome: &Outcome, number: u128) -> (String, String) {
    let lines = outcome.logs().await;
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines
        .into_iter()
        .find(|line| line["id"] == format!("m{number}"));
    let line = line.expect("a log line of the record");
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (text("dd.trace_id"), text("dd.span_id"))
}

#[tokio::test]
async fn log_lines_belong_to_their_record() {
    for how in ["joined", "spawned"] {
        let lambda = start(how).await;
        let outcome = lambda.invoke(batch(["a", "b", "c"])).await;
        let trace = outcome.trace().await;
        for (number, record) in (1..).zip(records(from_ref(&trace))) {
            let ids = (trace.trace_id().to_string(), record.span_id.to_string());
            assert_eq!(log_ids(&outcome, number).await, ids, "{how}");
        }
    }
}

#[tokio::test]
async fn panics_stay_with_their_record() {
    let lambda = start("spawned").await;
    let outcome = lambda.invoke(batch(["a", "panic", "b"])).await;
    let trace = outcome.trace().await;
    assert!(outcome.is_ok() && !trace.span("aws.lambda").error);
    let errors = records(&[trace]);
    assert_eq!(
        errors.iter().map(|span| span.error).collect::<Vec<_>>(),
        [false, true, false]
    );
    let tag = |name| errors[1].tag(name).unwrap();
    assert_eq!(
        (tag("error.type"), tag("error.message")),
        ("panic", "a bug")
    );
    assert!(tag("error.stack").contains("records.rs"));

    let outcome = start("sequence")
        .await
        .invoke(batch(["a", "panic", "b"]))
        .await;
    let trace = outcome.trace().await;
    assert!(!outcome.is_ok());
    let records = records(from_ref(&trace));
    assert_eq!(records.len(), 2, "the third was not reached");
    for span in [&records[1], trace.span("aws.lambda")] {
        assert_eq!(span.tag("error.message"), Some("a bug"));
        assert!(span.tag("error.stack").unwrap().contains("records.rs"));
    }
}

#[tokio::test]
async fn a_record_that_is_dropped_says_so() {
    let outcome = start("dropped")
        .await
        .invoke(batch(["a", "hang", "b"]))
        .await;
    let trace = outcome.trace().await;
    let records = records(&[trace]);
    let messages: Vec<_> = records
        .iter()
        .map(|record| record.tag("error.message"))
        .collect();
    let dropped = "the future of the record was dropped before it ended";
    assert_eq!(messages, [None, Some(dropped), None]);
}

#[tokio::test]
async fn the_attribute_goes_with_instrument() {
    let outcome = start("instrumented")
        .await
        .invoke(batch(["a", "b", "c"]))
        .await;
    let trace = outcome.trace().await;
    for record in records(from_ref(&trace)) {
        let above = trace.children(&record);
        assert_eq!(above.len(), 1);
        assert_eq!(above[0].name, "instrumented");
        assert_eq!(trace.children(above[0])[0].name, "step");
        let around = trace
            .spans()
            .iter()
            .find(|span| span.span_id == record.parent_id)
            .unwrap();
        trace.assert_parent(around, trace.span("aws.lambda"));
        assert_eq!(around.name, "around");
    }
}

#[tokio::test]
async fn records_of_every_service_say_what_they_are() {
    let context = (events::TRACE_ID, events::PARENT_ID);
    let kafka = events::kafka()["records"].as_object().unwrap().clone();
    let kafka = kafka
        .into_iter()
        .flat_map(|(_, records)| records.as_array().cloned().unwrap());
    let order = json!({ "id": 7, "_datadog": events::headers() });
    for (how, event, name, tag, is_linked) in [
        ("sns", events::sns(), "aws.sns.process", "topicname", true),
        (
            "kinesis",
            events::kinesis(),
            "aws.kinesis.process",
            "shardid",
            true,
        ),
        (
            "dynamodb",
            events::dynamodb(),
            "aws.dynamodb.process",
            "tablename",
            false,
        ),
        ("s3", events::s3(), "aws.s3.process", "object_key", false),
        (
            "kafka",
            json!({ "Records": kafka.collect::<Vec<_>>() }),
            "kafka.process",
            "offset",
            true,
        ),
        (
            "orders",
            json!({ "Records": [order] }),
            "aws.lambda.record",
            "span.kind",
            true,
        ),
    ] {
        let trace = start(how).await.invoke(event).await.trace().await;
        let record = trace.span(name);
        trace.assert_parent(record, trace.span("aws.lambda"));
        assert!(record.tag(tag).is_some(), "{how}: {record:?}");
        assert_eq!(record.resource, "typed");
        if is_linked {
            assert_eq!(link_ids(record), [context], "{how}");
        } else {
            let kinds: Vec<_> = record
                .links
                .iter()
                .map(|link| &link.attributes["link.kind"])
                .collect();
            assert_eq!(kinds, ["span-pointer"], "{how}");
        }
        let opaque = trace
            .spans()
            .iter()
            .find(|span| span.resource == "opaque")
            .unwrap();
        assert_eq!(
            (&*opaque.name, link_ids(opaque)),
            ("aws.lambda.record", vec![])
        );
    }
}

#[tokio::test]
async fn without_tracing_the_function_just_runs() {
    let function = binary!("records").env("DD_TRACE_ENABLED", "false");
    let outcome = function
        .start()
        .await
        .invoke(batch(["a", "fail", "b"]))
        .await;
    assert_eq!(failures(&outcome), ["m2"]);
}
