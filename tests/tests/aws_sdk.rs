//! Calls of AWS, through what the clients of its SDK have in common.

use std::collections::BTreeMap;

use ddlambda::testing::{Lambda, Span, Trace};
use ddlambda_tests::aws::sigv4::assert_signed;
use ddlambda_tests::aws::{Answer, Call, Made, Sent, Way};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

fn send_message() -> Call {
    let body = json!({ "QueueUrl": QUEUE, "MessageBody": "an order" }).to_string();
    Call::json("SQS", "sqs", "SendMessage", &body)
}

/// Makes the calls, and returns what came of each, the invocation's trace, and the spans of the calls in order.
async fn make(lambda: &Lambda, calls: &[Call]) -> (Vec<Made>, Trace) {
    let event = json!({ "_datadog": events::headers(), "calls": calls });
    let outcome = lambda.invoke(event).await;
    let made = serde_json::from_value(outcome.response().clone()).unwrap();
    (made, outcome.trace().await)
}

fn spans(trace: &Trace) -> Vec<&Span> {
    let function = trace.span("aws.lambda");
    let mut spans: Vec<_> = trace
        .spans()
        .iter()
        .filter(|span| span.parent_id == function.span_id)
        .collect();
    spans.sort_by_key(|span| span.start);
    spans
}

async fn lambda() -> Lambda {
    binary!("aws_sdk")
        .env("DD_COLD_START_TRACING", "false")
        .start()
        .await
}

/// The context in a message of SQS.
fn context(sent: &Sent) -> Value {
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    let attribute = &body["MessageAttributes"]["_datadog"];
    assert_eq!(attribute["DataType"], "String");
    serde_json::from_str(attribute["StringValue"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_call_has_a_span_that_its_message_names() {
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &[send_message()]).await;
    assert_eq!((made[0].sent.len(), &made[0].error), (1, &None));
    let span = trace.span("aws.request");
    trace.assert_parent(span, trace.span("aws.lambda"));
    let service = format!("{}-aws-sqs", trace.span("aws.lambda").service);
    assert_eq!(
        (&*span.service, &*span.kind, span.error),
        (&*service, "http", false)
    );
    assert_eq!(span.resource, format!("sendMessage {QUEUE}"));
    for (name, value) in [
        ("component", "aws-sdk"),
        ("span.kind", "producer"),
        ("aws.service", "SQS"),
        ("aws_service", "SQS"),
        ("aws.operation", "sendMessage"),
        ("aws.region", "eu-west-1"),
        ("region", "eu-west-1"),
        ("aws.partition", "aws"),
        ("aws.response.request_id", "id-of-the-request"),
        ("aws.requestid", "id-of-the-request"),
        ("http.status_code", "200"),
        ("peer.service", "sqs.eu-west-1.amazonaws.com"),
        ("queuename", "orders"),
        ("aws.sqs.queue_name", "orders"),
        ("aws_account", "123456789012"),
        (
            "cloud.resource_id",
            "arn:aws:sqs:eu-west-1:123456789012:orders",
        ),
        ("messaging.system", "aws_sqs"),
    ] {
        assert_eq!(span.tag(name), Some(value), "{name}");
    }
    assert_eq!(span.metric("retry_attempts"), Some(0.0));
    assert_eq!(span.metric("_dd.measured"), Some(1.0));

    let told = context(&made[0].sent[0]);
    assert_eq!(told["x-datadog-trace-id"], "5211111111111111115");
    assert_eq!(told["x-datadog-parent-id"], span.span_id.to_string());
    assert_eq!(told["x-datadog-sampling-priority"], "2");
    let headers = &made[0].sent[0].headers;
    assert_eq!(
        headers["content-length"],
        made[0].sent[0].body.len().to_string()
    );
}

#[tokio::test]
async fn signatures_are_those_of_what_is_sent() {
    let with_body = |service: &str, name: &str, operation: &str, body: Value| {
        Call::json(service, name, operation, &body.to_string())
    };
    let mut publish = Call::json(
        "SNS",
        "sns",
        "Publish",
        "Action=Publish&TopicArn=a&Message=b",
    );
    let form = "application/x-www-form-urlencoded";
    publish
        .headers
        .insert("content-type".to_owned(), form.to_owned());
    let mut invoke = Call::json("Lambda", "lambda", "Invoke", "{}");
    invoke.path = "/2015-03-31/functions/orders%3Alive/invocations".to_owned();
    let calls = [
        send_message(),
        publish,
        invoke,
        with_body(
            "EventBridge",
            "events",
            "PutEvents",
            json!({ "Entries": [{ "Detail": "{}" }] }),
        ),
        with_body(
            "Kinesis",
            "kinesis",
            "PutRecord",
            json!({ "Data": "e30=", "PartitionKey": "k" }),
        ),
        with_body(
            "SFN",
            "states",
            "StartExecution",
            json!({ "stateMachineArn": "a", "input": "{}" }),
        ),
        with_body("SQS", "sqs", "ReceiveMessage", json!({ "QueueUrl": QUEUE })),
    ];
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &calls).await;
    let spans = spans(&trace);
    for ((call, made), span) in calls.iter().zip(&made).zip(spans) {
        let [sent] = &made.sent[..] else {
            panic!("{made:?}");
        };
        let changed = sent.body != call.body || sent.headers.contains_key("x-amz-client-context");
        assert!(changed, "{sent:?}");
        let length = sent.body.len().to_string();
        assert_eq!(sent.headers["content-length"], length);
        assert_signed(sent);
        assert_eq!(span.tag("aws.service"), Some(&*call.service));
    }
    let headers = &made[2].sent[0].headers["authorization"];
    assert!(
        headers.contains("x-amz-client-context"),
        "it is signed: {headers}"
    );
}

#[tokio::test]
async fn attempts_carry_the_context_once() {
    let mut call = send_message();
    call.answers.splice(
        0..0,
        [Answer::new(503, "slow down"), Answer::new(500, "try again")],
    );
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &[call]).await;
    let span = trace.span("aws.request");
    assert_eq!(made[0].sent.len(), 3, "{made:?}");
    for sent in &made[0].sent {
        assert_eq!(sent.body.matches("_datadog").count(), 1);
        assert_eq!(
            context(sent)["x-datadog-parent-id"],
            span.span_id.to_string()
        );
        assert_signed(sent);
    }
    assert_eq!(span.metric("retry_attempts"), Some(2.0));
    assert_eq!(
        (span.error, span.tag("http.status_code")),
        (false, Some("200"))
    );
}

#[tokio::test]
async fn errors_mark_the_span() {
    let answered = |answer: Answer| {
        let mut call = send_message();
        call.answers = vec![answer; 3];
        call
    };
    let unserializable = Call {
        way: Way::Unserializable,
        ..send_message()
    };
    let calls = [
        answered(Answer::new(400, "QueueDoesNotExist: The queue: gone")),
        answered(Answer::default()),
        unserializable,
    ];
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &calls).await;
    let spans = spans(&trace);
    assert_eq!(spans.len(), 3);
    for (span, (kind, message, status, retries)) in spans.iter().zip([
        (
            "QueueDoesNotExist",
            "The queue: gone",
            Some("400"),
            Some(0.0),
        ),
        ("DispatchFailure", "the connection broke", None, Some(0.0)),
        ("ConstructionFailure", "`body` is missing", None, None),
    ]) {
        assert!(span.error);
        assert_eq!(span.tag("error.type"), Some(kind));
        let text = span.tag("error.message").unwrap();
        assert!(text.contains(message), "{text}");
        assert_eq!(span.tag("http.status_code"), status);
        assert_eq!(span.metric("retry_attempts"), retries, "{kind}");
    }
    assert_eq!(spans[0].tag("error.message"), Some("The queue: gone"));
    assert!(made.iter().all(|made| made.error.is_some()));
    assert!(!trace.span("aws.lambda").error);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_ends_and_a_presigned_one_was_none() {
    let mut cancelled = send_message();
    (cancelled.way, cancelled.answers) = (Way::Cancel, Vec::new());
    let mut presigned = Call::json("S3", "s3", "GetObject", "");
    presigned.way = Way::Presign;
    let twice = Call {
        way: Way::Twice,
        ..send_message()
    };
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &[cancelled, presigned, twice]).await;
    assert_eq!(
        (made[0].error.as_deref(), made[0].sent.len()),
        (Some("cancelled"), 1)
    );
    assert_eq!((&made[1].error, made[1].sent.len()), (&None, 0));
    let spans = spans(&trace);
    assert_eq!(spans.len(), 2, "{trace}");
    let cancelled = spans[0];
    assert_eq!(
        (cancelled.error, cancelled.tag("http.status_code")),
        (false, None)
    );
    assert!(
        cancelled.end() <= spans[1].start,
        "it ended when it was dropped"
    );
    assert_eq!(made[2].sent[0].body.matches("_datadog").count(), 1);
}

/// The function records spans at `DEBUG`, as the SDK has them around each call and each attempt.
#[tokio::test]
async fn neither_the_spans_of_the_sdk_nor_of_its_http_client_double_a_call() {
    let layered = Call {
        way: Way::Layered,
        ..send_message()
    };
    let mut untraced = send_message();
    untraced.way = Way::LayerOnly;
    let mut retried = layered.clone();
    retried.answers.insert(0, Answer::new(503, "slow down"));
    let lambda = lambda().await;
    let (made, trace) = make(&lambda, &[send_message(), layered, retried, untraced]).await;
    assert!(made.iter().all(|made| made.error.is_none()), "{made:?}");
    assert_eq!(made[2].sent.len(), 2);
    let below = spans(&trace);
    let names: Vec<_> = below.iter().map(|span| &*span.name).collect();
    let call = "aws.request";
    assert_eq!(names, [call, call, call, "http.request"], "{trace}");
    assert_eq!(trace.spans().len(), 1 + below.len(), "{trace}");
    // Its headers are written only where it is the call.
    for (made, is_traced) in made.iter().zip([false, false, false, true]) {
        for sent in &made.sent {
            assert_eq!(sent.headers.contains_key("traceparent"), is_traced);
        }
    }
}

/// The pointers of a span, each by its kind and hash.
fn pointers(span: &Span) -> Vec<(&str, &str)> {
    let links = span.links.iter();
    let pointers = links.map(|link| {
        assert_eq!((link.trace_id, link.span_id), (0, 0));
        assert_eq!(link.attributes["ptr.dir"], "d");
        assert_eq!(link.attributes["link.kind"], "span-pointer");
        (&*link.attributes["ptr.kind"], &*link.attributes["ptr.hash"])
    });
    pointers.collect()
}

#[tokio::test]
async fn what_is_written_is_pointed_to() {
    let etag = |text: &str| [("etag".to_owned(), text.to_owned())];
    let mut put = Call::json("S3", "s3", "PutObject", "data");
    put.endpoint = "https://some-bucket.s3.eu-west-1.amazonaws.com".to_owned();
    put.path = "/some-key.data?x-id=PutObject".to_owned();
    put.answers[0].headers = BTreeMap::from(etag("\"ab12ef34\""));
    let mut copy = Call::json("S3", "s3", "CopyObject", "");
    copy.endpoint = "https://s3.eu-west-1.amazonaws.com/some-bucket".to_owned();
    copy.path = "/some-key.data?x-id=CopyObject".to_owned();
    copy.answers[0].body =
        "<CopyObjectResult><ETag>&quot;ab12ef34&quot;</ETag></CopyObjectResult>".to_owned();
    let mut refused = put.clone();
    refused.answers = vec![Answer::new(403, "AccessDenied")];
    let key = json!({ "some-key": { "S": "some-value" } });
    let update = json!({ "TableName": "some-table", "Key": key }).to_string();
    let update = Call::json("DynamoDB", "dynamodb", "UpdateItem", &update);
    let batch = json!({ "RequestItems": { "some-table": [
        { "PutRequest": { "Item": { "some-key": { "S": "some-value" }, "n": { "N": "1" } } } },
        { "DeleteRequest": { "Key": { "some-key": { "S": "some-other-value" } } } },
    ] } });
    let mut batch = Call::json("DynamoDB", "dynamodb", "BatchWriteItem", &batch.to_string());
    let left = json!({ "some-table": [{ "PutRequest": { "Item": { "n": { "N": "1" }, "some-key": { "S": "some-value" } } } }] });
    batch.answers[0].body = json!({ "UnprocessedItems": left }).to_string();

    let keys = (
        "DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS",
        r#"{"some-table":["some-key"]}"#,
    );
    let lambda = binary!("aws_sdk")
        .env(keys.0, keys.1)
        .env("DD_COLD_START_TRACING", "false");
    let lambda = lambda.start().await;
    let (made, trace) = make(&lambda, &[put, copy, refused, update, batch]).await;
    let spans = spans(&trace);
    assert_eq!(spans.len(), 5, "{trace}");
    let object = ("aws.s3.object", "e721375466d4116ab551213fdea08413");
    let item = |hash: &'static str| ("aws.dynamodb.item", hash);
    assert_eq!(pointers(spans[0]), [object]);
    assert_eq!(pointers(spans[1]), [object]);
    assert_eq!(pointers(spans[2]), []);
    assert_eq!(
        pointers(spans[3]),
        [item("7f1aee721472bcb48701d45c7c7f7821")]
    );
    assert_eq!(
        pointers(spans[4]),
        [item("36b820424312a6069bd3f2185f1af584")]
    );
    assert!(made
        .iter()
        .all(|made| !made.sent[0].body.contains("_datadog")));

    let peer = "some-bucket.s3.eu-west-1.amazonaws.com";
    for span in &spans[..3] {
        assert_eq!(span.tag("bucketname"), Some("some-bucket"));
        assert_eq!(span.tag("peer.service"), Some(peer));
    }
    assert_eq!(spans[0].resource, "putObject some-bucket");
    assert_eq!(spans[3].resource, "updateItem some-table");
    assert_eq!(
        (&*spans[3].kind, spans[3].tag("db.system")),
        ("dynamodb", Some("aws.dynamodb"))
    );
    assert_eq!(spans[4].tag("tablename"), Some("some-table"));
}

#[tokio::test]
async fn settings_name_the_spans_and_switch_the_context_off() {
    let calls = [
        send_message(),
        Call::json("Polly", "polly", "ListLexicons", "{}"),
    ];
    let new = binary!("aws_sdk")
        .env("DD_SERVICE", "shop")
        .env("DD_TRACE_SPAN_ATTRIBUTE_SCHEMA", "v1")
        .env("DD_BOTOCORE_DISTRIBUTED_TRACING", "false");
    let (made, trace) = make(&new.start().await, &calls).await;
    assert_eq!(trace.span("aws.sqs.send").service, "shop");
    assert_eq!(trace.span("aws.polly.request").resource, "listLexicons");
    assert_eq!(made[0].sent[0].body, calls[0].body);
    let renamed = binary!("aws_sdk")
        .env("DD_SERVICE", "shop")
        .env("DD_SERVICE_MAPPING", "shop-aws-sqs:queues")
        .env("DD_COLD_START_TRACING", "false");
    let (_, trace) = make(&renamed.start().await, &calls).await;
    let services: Vec<_> = spans(&trace).iter().map(|span| &*span.service).collect();
    assert_eq!(services, ["queues", "shop-aws-polly"]);
    let off = binary!("aws_sdk")
        .env("DD_TRACE_ENABLED", "false")
        .start()
        .await;
    let outcome = off.invoke(json!({ "calls": calls })).await;
    assert_eq!(outcome.response()[0]["sent"][0]["body"], calls[0].body);
}
