//! Requests that are not changed.

use super::*;

/// Requests in other wire formats, and streams.
#[test]
fn what_is_not_understood_stays() {
    let sqs = r#"{"QueueUrl":"u","MessageBody":"b"}"#;
    for (service, operation, kind, body) in [
        ("sqs", "SendMessage", "application/cbor", sqs),
        (
            "sqs",
            "SendMessage",
            "application/x-www-form-urlencoded",
            sqs,
        ),
        ("sqs", "SendMessage", "application/x-amz-json-1.0", "[]"),
        ("sqs", "SendMessage", "application/x-amz-json-1.0", ""),
        (
            "sqs",
            "SendMessageBatch",
            "application/x-amz-json-1.0",
            r#"{"Entries":{}}"#,
        ),
        (
            "sqs",
            "SendMessage",
            "application/x-amz-json-1.0",
            r#"{"MessageAttributes":[]}"#,
        ),
        (
            "sns",
            "Publish",
            "application/x-amz-json-1.0",
            r#"{"TopicArn":"t"}"#,
        ),
        (
            "sns",
            "Publish",
            "application/x-www-form-urlencoded",
            "Action=Publish&PhoneNumber=1&Message=a",
        ),
        (
            "sns",
            "PublishBatch",
            "application/x-www-form-urlencoded",
            "Action=PublishBatch",
        ),
        (
            "eventbridge",
            "PutEvents",
            "application/x-amz-json-1.1",
            r#"{"Entries":[{"Detail":7}]}"#,
        ),
        ("eventbridge", "PutEvents", "application/cbor", ""),
        (
            "kinesis",
            "PutRecord",
            "application/x-amz-json-1.1",
            r#"{"PartitionKey":"k"}"#,
        ),
        ("kinesis", "PutRecords", "application/cbor", "{}"),
        (
            "sfn",
            "StartExecution",
            "application/x-amz-json-1.0",
            r#"{"stateMachineArn":"a"}"#,
        ),
        (
            "sfn",
            "StartExecution",
            "application/x-amz-json-1.0",
            r#"{"input":{}}"#,
        ),
    ] {
        let mut http = request(kind, "/", body);
        assert!(!inject(service, operation, &mut http), "{service} {body}");
        assert_eq!(http.body().bytes(), Some(body.as_bytes()));
    }
}

#[test]
fn streams_and_encoded_bodies_stay() {
    let body = r#"{"QueueUrl":"u","MessageBody":"b"}"#;
    let mut stream = json(body);
    *stream.body_mut() = SdkBody::taken();
    assert!(!inject("sqs", "SendMessage", &mut stream));
    let mut encoded = json(body);
    encoded.headers_mut().insert("content-encoding", "gzip");
    assert!(!inject("sqs", "SendMessage", &mut encoded));
}

#[test]
fn without_a_context_nothing_is_added() {
    let nothing = |_: &mut dyn Inject| {};
    let http = json(r#"{"MessageBody":"b"}"#);
    let context = Context::new(&nothing, NOW, true);
    let change = services::find("sqs").inject("SendMessage", &Request::new(&http), &context);
    assert!(change.is_none());
}

/// A body that is truncated anywhere is left for the service to reject.
#[test]
fn truncated_bodies_are_no_trouble() {
    let bodies = [
        (
            "sqs",
            "SendMessageBatch",
            r#"{"Entries":[{"MessageBody":"é","MessageAttributes":{"a":{"StringValue":"x"}}}]}"#,
        ),
        (
            "sqs",
            "ReceiveMessage",
            r#"{"MessageAttributeNames":["a"]}"#,
        ),
        (
            "eventbridge",
            "PutEvents",
            r#"{"Entries":[{"Detail":"{\"a\":\"\\u00e9\"}","EventBusName":"b"}]}"#,
        ),
        (
            "kinesis",
            "PutRecords",
            r#"{"Records":[{"Data":"e30=","PartitionKey":"k"}]}"#,
        ),
        ("sfn", "StartExecution", r#"{"input":"{\"a\":1}"}"#),
        (
            "sns",
            "PublishBatch",
            "PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=%5Fdatadog&=&a",
        ),
    ];
    for (service, operation, body) in bodies {
        for end in 0..body.len() {
            let part = &body.as_bytes()[..end];
            let mut http = match service {
                "sns" => form(part),
                _ => json(part),
            };
            inject(service, operation, &mut http);
            described(service, &http);
            let length = http.body().bytes().unwrap().len();
            let stated = http.headers().get("content-length").unwrap();
            assert!(stated == "0" && length == end || stated == length.to_string());
        }
    }
}
