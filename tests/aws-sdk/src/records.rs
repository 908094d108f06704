//! The events that Lambda makes of what its services hold.

use aws_sdk_dynamodbstreams::types::{AttributeValue, Record as Change};
use aws_sdk_kinesis::types::Record;
use aws_sdk_sqs::types::Message;
use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::{json, Map, Value};

use crate::account;

const REGION: &str = account::REGION;

pub fn sqs(queue: &str, message: &Message) -> Value {
    let attributes = message.attributes().into_iter().flatten();
    let attributes = attributes.map(|(name, value)| (name.as_str().to_owned(), json!(value)));
    let own = message.message_attributes().into_iter().flatten();
    let own = own.map(|(name, attribute)| {
        let mut record = json!({
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute.data_type(),
        });
        if let Some(text) = attribute.string_value() {
            record["stringValue"] = text.into();
        }
        if let Some(bytes) = attribute.binary_value() {
            record["binaryValue"] = BASE64_STANDARD.encode(bytes).into();
        }
        (name.clone(), record)
    });
    json!({ "Records": [{
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes.collect::<Map<_, _>>(),
        "messageAttributes": own.collect::<Map<_, _>>(),
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": account::queue_arn(queue),
        "awsRegion": REGION,
    }]})
}

/// `notification` is what a subscribed queue gets.
pub fn sns(notification: &Value) -> Value {
    let topic = notification["TopicArn"].as_str().unwrap_or_default();
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:0123"),
        "Sns": notification,
    }]})
}

/// What a topic makes of an event that a rule sends to it: moto has no such rules.
pub fn notification(event: &str) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": account::topic_arn(account::TOPIC),
        "Message": event,
        "Timestamp": "2026-01-02T03:04:05.678Z",
        "SignatureVersion": "1",
        "MessageAttributes": {},
    })
}

/// What a queue gets of a notification; of `message` it has what is the same for all.
pub fn sns_in_sqs(queue: &str, message: &Message, notification: &Value) -> Value {
    let mut event = sqs(queue, message);
    event["Records"][0]["body"] = notification.to_string().into();
    event
}

/// What a queue gets of a notification by a subscription for raw messages. moto's SQS fails on bytes that its SNS delivers
/// so; hence this is made of what came by another subscription.
pub fn sns_raw(queue: &str, message: &Message, notification: &Value) -> Value {
    let attributes = notification["MessageAttributes"].as_object();
    let attributes = attributes.into_iter().flatten().map(|(name, attribute)| {
        let value = match attribute["Type"].as_str() {
            Some("Binary") => "binaryValue",
            _ => "stringValue",
        };
        let record = json!({
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["Type"],
            value: attribute["Value"],
        });
        (name.clone(), record)
    });
    let attributes = attributes.collect::<Map<_, _>>();
    let mut event = sqs(queue, message);
    event["Records"][0]["body"] = notification["Message"].clone();
    event["Records"][0]["messageAttributes"] = attributes.into();
    event
}

pub fn kinesis(stream: &str, record: &Record) -> Value {
    let number = record.sequence_number();
    json!({ "Records": [{
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key(),
            "sequenceNumber": number,
            "data": BASE64_STANDARD.encode(record.data()),
            "approximateArrivalTimestamp":
                record.approximate_arrival_timestamp().map(|time| time.as_secs_f64()),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000000:{number}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/consumer",
        "awsRegion": REGION,
        "eventSourceARN": account::stream_arn(stream),
    }]})
}

pub fn dynamodb(stream_arn: &str, change: &Change) -> Value {
    let about = change.dynamodb();
    let keys = about.and_then(|about| about.keys()).into_iter().flatten();
    let keys = keys.map(|(name, value)| (name.clone(), attribute(value)));
    json!({
        "eventID": change.event_id(),
        "eventName": change.event_name().map(|name| name.as_str()),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": about
                .and_then(|about| about.approximate_creation_date_time())
                .map(|time| time.as_secs_f64()),
            "Keys": keys.collect::<Map<_, _>>(),
            "SequenceNumber": about.and_then(|about| about.sequence_number()),
            "SizeBytes": about.and_then(|about| about.size_bytes()),
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": stream_arn,
    })
}

/// The value of a key.
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        // moto has them in base64 twice.
        AttributeValue::B(bytes) => json!({ "B": String::from_utf8_lossy(bytes.as_ref()) }),
        _ => Value::Null,
    }
}

/// The context object that a state of an execution sees.
fn state(execution: &str, input: &Value) -> Value {
    json!({
        "Execution": {
            "Id": execution,
            "Input": input,
            "Name": execution.rsplit(':').next(),
            "RoleArn": "arn:aws:iam::123456789012:role/fulfilment",
            "StartTime": "2026-01-02T03:04:05.678Z",
            "RedriveCount": 0,
        },
        "State": {
            "Name": "Pack",
            "EnteredTime": "2026-01-02T03:04:05.789Z",
            "RetryCount": 0,
        },
        "StateMachine": {
            "Id": account::state_machine_arn(account::STATE_MACHINE),
            "Name": account::STATE_MACHINE,
        },
    })
}

/// `"Payload.$": "$$['Execution', 'State', 'StateMachine']"`.
pub fn state_json_path(execution: &str, input: &Value) -> Value {
    state(execution, input)
}

/// `"Payload": "{% .. %}"` as Datadog's documentation has it for JSONata: the context object without the execution's input, and
/// the trace headers of that, as `_datadog`.
pub fn state_jsonata(execution: &str, input: &Value) -> Value {
    let mut context = state(execution, &Value::Null);
    if let Some(execution) = context["Execution"].as_object_mut() {
        execution.remove("Input");
    }
    context["serverless-version"] = "v1".into();
    for name in ["x-datadog-trace-id", "x-datadog-tags"] {
        context[name] = input["_datadog"][name].clone();
    }
    let mut event = input.clone();
    event["_datadog"] = context;
    event
}
