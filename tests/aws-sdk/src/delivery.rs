//! What a function gets of what another one has sent.

use aws_sdk_sqs::types::Message;
use base64::prelude::{Engine as _, BASE64_STANDARD};
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::account::{self, Account};
use crate::records;

/// A message in the event by which Lambda delivers it.
#[derive(Clone)]
pub struct Delivery {
    /// The way that it has come.
    pub way: &'static str,
    pub event: Value,
    pub client_context: Option<Value>,
    /// The spans from the outermost to `aws.lambda`.
    pub spans: &'static [&'static str],
    /// Whether the parent is the span of the call; else it is a state of an execution, which keeps every trace.
    pub is_direct: bool,
    /// How often the message says `_datadog`.
    pub contexts: usize,
}

impl Delivery {
    fn new(way: &'static str, event: Value, spans: &'static [&'static str], text: &str) -> Self {
        Self {
            way,
            event,
            client_context: None,
            spans,
            is_direct: true,
            contexts: text.matches("_datadog").count(),
        }
    }

    fn sqs(way: &'static str, queue: &str, message: &Message, spans: &'static [&str]) -> Self {
        let event = records::sqs(queue, message);
        let text = event.to_string();
        Self::new(way, event, spans, &text)
    }
}

/// What has come of a call of this operation, each message in an event of its own.
pub async fn of(account: &mut Account, operation: &str) -> Result<Vec<Delivery>, Error> {
    match operation {
        "SendMessage" | "SendMessageBatch" => of_queue(account).await,
        "Publish" | "PublishBatch" => of_topic(account).await,
        "PutEvents" => of_bus(account).await,
        "PutRecord" | "PutRecords" => of_stream(account).await,
        "StartExecution" => of_state_machine(account).await,
        other => Err(format!("{other} sends no messages").into()),
    }
}

async fn of_queue(account: &Account) -> Result<Vec<Delivery>, Error> {
    let messages = account.receive(account::QUEUE).await?;
    let spans = &["aws.sqs", "aws.lambda"];
    let deliver = |message| Delivery::sqs("SQS", account::QUEUE, message, spans);
    Ok(messages.iter().map(deliver).collect())
}

async fn of_topic(account: &Account) -> Result<Vec<Delivery>, Error> {
    let mut deliveries = Vec::new();
    for message in account.receive(account::FROM_TOPIC).await? {
        let queue = account::FROM_TOPIC;
        let body = message.body().unwrap_or_default();
        let notification = serde_json::from_str(body)?;
        let event = records::sns(&notification);
        let spans = &["aws.sns", "aws.lambda"];
        deliveries.push(Delivery::new("SNS", event, spans, body));
        let spans = &["aws.sns", "aws.sqs", "aws.lambda"];
        deliveries.push(Delivery::sqs("SNS to SQS", queue, &message, spans));
        let event = records::sns_raw(queue, &message, &notification);
        let spans = &["aws.sqs", "aws.lambda"];
        deliveries.push(Delivery::new("SNS to SQS, raw", event, spans, body));
    }
    Ok(deliveries)
}

async fn of_bus(account: &Account) -> Result<Vec<Delivery>, Error> {
    let mut deliveries = Vec::new();
    for message in account.receive(account::FROM_BUS).await? {
        let body = message.body().unwrap_or_default();
        let event = serde_json::from_str(body)?;
        let spans = &["aws.eventbridge", "aws.lambda"];
        deliveries.push(Delivery::new("EventBridge", event, spans, body));
        let spans = &["aws.eventbridge", "aws.sqs", "aws.lambda"];
        let (way, queue) = ("EventBridge to SQS", account::FROM_BUS);
        deliveries.push(Delivery::sqs(way, queue, &message, spans));
        let notification = records::notification(body);
        let spans = &["aws.eventbridge", "aws.sns", "aws.lambda"];
        let (way, event) = ("EventBridge to SNS", records::sns(&notification));
        deliveries.push(Delivery::new(way, event, spans, body));
        let spans = &["aws.eventbridge", "aws.sns", "aws.sqs", "aws.lambda"];
        let way = "EventBridge to SNS to SQS";
        let event = records::sns_in_sqs(account::FROM_TOPIC, &message, &notification);
        deliveries.push(Delivery::new(way, event, spans, body));
    }
    Ok(deliveries)
}

async fn of_stream(account: &mut Account) -> Result<Vec<Delivery>, Error> {
    let records = account.clicks().await?;
    let deliver = |record| {
        let event = records::kinesis(account::STREAM, record);
        let data = event["Records"][0]["kinesis"]["data"].as_str();
        let data = BASE64_STANDARD.decode(data.unwrap_or_default())?;
        let text = String::from_utf8(data)?;
        let spans = &["aws.kinesis", "aws.lambda"];
        Ok(Delivery::new("Kinesis", event, spans, &text))
    };
    records.iter().map(deliver).collect()
}

async fn of_state_machine(account: &mut Account) -> Result<Vec<Delivery>, Error> {
    let executions = account.executions().await?;
    let deliveries = executions
        .iter()
        .map(|(execution, input)| of_execution(execution, input));
    Ok(deliveries.collect::<Result<Vec<_>, _>>()?.concat())
}

/// What a state of an execution gives a function, in each of the forms that are known.
pub fn of_execution(execution: &str, text: &str) -> Result<Vec<Delivery>, Error> {
    let input: Value = serde_json::from_str(text)?;
    let deliver = |way, event, is_direct| Delivery {
        is_direct,
        ..Delivery::new(way, event, &["aws.lambda"], text)
    };
    let json_path = records::state_json_path(execution, &input);
    let jsonata = records::state_jsonata(execution, &input);
    Ok(vec![
        deliver("Step Functions, input", input, true),
        deliver("Step Functions, JSONPath", json_path, false),
        deliver("Step Functions, JSONata", jsonata, false),
    ])
}

/// An invocation by a function that has been told of its client context.
pub fn of_invoke(client_context: Value) -> Delivery {
    let text = client_context.to_string();
    let delivery = Delivery::new("Lambda Invoke", json!({}), &["aws.lambda"], &text);
    Delivery {
        client_context: Some(client_context),
        ..delivery
    }
}
