//! Functions that call each other.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::json;

use super::{echo_function, http, json_body};
use crate::testing::Aws;

#[tokio::test]
async fn a_function_invokes_another_with_a_client_context() {
    let aws = Aws::start();
    aws.register("shipping", &echo_function().await);
    let context = BASE64_STANDARD.encode(r#"{"custom":{"x-datadog-trace-id":"7"}}"#);
    let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Ashipping%3Alive/invocations";
    let headers = format!("x-amz-client-context: {context}\r\n");
    let answer = http(&aws.endpoint(), "POST", path, &headers, br#"{"order":7}"#).await;
    let answer = json_body(&answer);
    assert_eq!(answer["event"], json!({ "order": 7 }));
    assert_eq!(answer["custom"]["x-datadog-trace-id"], "7");

    let answer = http(&aws.endpoint(), "POST", path, "", br#"{"fail":true}"#).await;
    assert!(String::from_utf8_lossy(&answer).contains("x-amz-function-error: Unhandled"));
    assert_eq!(json_body(&answer)["errorMessage"], "it failed");
}

#[tokio::test]
async fn a_queue_becomes_an_event() {
    let aws = Aws::start();
    let message = json!({
        "QueueUrl": aws.queue_url("shipping"),
        "MessageBody": "hello",
        "MessageAttributes": { "_datadog": { "DataType": "String", "StringValue": "{}" } },
        "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1-2-3" } },
    });
    let target = "x-amz-target: AmazonSQS.SendMessage\r\n";
    let answer = http(
        &aws.endpoint(),
        "POST",
        "/",
        target,
        message.to_string().as_bytes(),
    )
    .await;
    assert_eq!(
        json_body(&answer)["MD5OfMessageBody"],
        "5d41402abc4b2a76b9719d911017c592"
    );
    assert_eq!(
        aws.messages("shipping")[0].attributes["_datadog"].data_type,
        "String"
    );

    let event = aws.sqs_event("shipping");
    let record = &event["Records"][0];
    assert_eq!(record["body"], "hello");
    assert_eq!(record["attributes"]["AWSTraceHeader"], "Root=1-2-3");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:123456789012:shipping"
    );
    assert_eq!(
        record["messageAttributes"]["_datadog"],
        json!({ "stringValue": "{}", "stringListValues": [], "binaryListValues": [], "dataType": "String" })
    );
    assert_eq!(
        aws.sqs_event("shipping"),
        json!({ "Records": [] }),
        "each message once"
    );
}
