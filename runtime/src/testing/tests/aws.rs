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

#[tokio::test]
async fn a_notification_becomes_a_message() {
    let aws = Aws::start();
    let publish = |form: &'static str| {
        let endpoint = aws.endpoint();
        async move {
            let answer = http(&endpoint, "POST", "/", "", form.as_bytes()).await;
            String::from_utf8_lossy(&answer).into_owned()
        }
    };
    let answer = publish(
        "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A1%3Aorders&Message=hello+%7B%7D&Subject=s\
         &MessageAttributes.entry.1.Name=_datadog&MessageAttributes.entry.1.Value.DataType=Binary\
         &MessageAttributes.entry.1.Value.BinaryValue=e30%3D",
    );
    assert!(answer.await.contains("<MessageId>"));
    aws.deliver("others", "shipping");
    assert_eq!(aws.messages("shipping"), []);
    aws.deliver("orders", "shipping");
    aws.deliver("orders", "shipping");
    let [message] = &aws.messages("shipping")[..] else {
        panic!("{:?}", aws.messages("shipping"));
    };
    let mut body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    let (id, time) = (body["MessageId"].take(), body["Timestamp"].take());
    assert!(id.is_string() && time.as_str().unwrap().ends_with('Z'));
    assert_eq!(
        body,
        json!({
            "Type": "Notification",
            "MessageId": null,
            "TopicArn": "arn:aws:sns:us-east-1:1:orders",
            "Subject": "s",
            "Message": "hello {}",
            "Timestamp": null,
            "MessageAttributes": { "_datadog": { "Type": "Binary", "Value": "e30=" } }
        })
    );
    for form in ["", "Action=Subscribe", "Action=Publish&Message=m"] {
        let answer = publish(form).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 ") && answer.contains("<Code>"),
            "{form}"
        );
    }
}
