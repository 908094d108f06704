//! As much of SQS as traced functions use: sending messages, and the event they become.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{json, Map, Value};

use super::environment::{ACCOUNT, REGION};
use super::invocation::request_id;
use super::md5;

/// A message in a queue of [`Aws`](super::Aws).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The message id.
    pub id: String,
    /// The body.
    pub body: String,
    /// The message attributes.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// The system attributes that were sent with the message, such as `AWSTraceHeader`, as text.
    pub system_attributes: BTreeMap<String, String>,
    /// The time at which it was sent.
    pub sent: SystemTime,
}

/// An attribute of a [`Message`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct MessageAttribute {
    /// The type: `String`, `Number` or `Binary`, optionally with a custom label after a dot.
    pub data_type: String,
    /// The value, unless it is binary.
    pub string_value: Option<String>,
    /// The value in base64, if it is binary.
    pub binary_value: Option<String>,
}

/// The parameters of `SendMessage`, and of an entry of `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    message_body: String,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
}

impl Message {
    /// Reads the parameters of `SendMessage`.
    pub(super) fn read(parameters: &Value) -> Result<Self, String> {
        let sent = SendMessage::deserialize(parameters).map_err(|error| error.to_string())?;
        let system = sent.message_system_attributes.into_iter();
        Ok(Self {
            attributes: sent.message_attributes,
            system_attributes: system
                .filter_map(|(name, attribute)| Some((name, attribute.string_value?)))
                .collect(),
            ..Self::new(sent.message_body)
        })
    }

    /// A message without attributes, sent now.
    pub(super) fn new(body: String) -> Self {
        Self {
            id: request_id(),
            body,
            attributes: BTreeMap::new(),
            system_attributes: BTreeMap::new(),
            sent: SystemTime::now(),
        }
    }

    /// The response to the sender.
    pub(super) fn receipt(&self) -> Value {
        json!({ "MessageId": self.id, "MD5OfMessageBody": md5::hex(self.body.as_bytes()) })
    }

    /// The message as a record of the event.
    fn record(&self, queue: &str) -> Value {
        let sent = self
            .sent
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let mut attributes = json!({
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent.to_string(),
            "SenderId": format!("AROAEXAMPLEEXAMPLE:{queue}"),
            "ApproximateFirstReceiveTimestamp": sent.to_string(),
        });
        for (name, value) in &self.system_attributes {
            attributes[name] = value.as_str().into();
        }
        let message_attributes: Map<String, Value> = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.record()))
            .collect();
        json!({
            "messageId": self.id,
            "receiptHandle": format!("AQEB{}", self.id.replace('-', "")),
            "body": self.body,
            "attributes": attributes,
            "messageAttributes": message_attributes,
            "md5OfBody": md5::hex(self.body.as_bytes()),
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
            "awsRegion": REGION,
        })
    }
}

impl MessageAttribute {
    fn record(&self) -> Value {
        let mut record = json!({
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": self.data_type,
        });
        if let Some(value) = &self.string_value {
            record["stringValue"] = value.as_str().into();
        }
        if let Some(value) = &self.binary_value {
            record["binaryValue"] = value.as_str().into();
        }
        record
    }
}

/// The event with which Lambda delivers `messages` of `queue`.
pub(super) fn event(queue: &str, messages: &[Message]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| message.record(queue))
        .collect();
    json!({ "Records": records })
}
