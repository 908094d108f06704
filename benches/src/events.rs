//! Events of every source: those of the conformance tests, as they are and enlarged.

use std::collections::HashMap;

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{
    ApiGatewayProxyRequest, ApiGatewayV2httpRequest, ApiGatewayWebsocketProxyRequest,
};
use aws_lambda_events::dynamodb::Event as DynamoDbEvent;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::kafka::KafkaEvent;
use aws_lambda_events::kinesis::KinesisEvent;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::SqsEvent;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Events of one source, of which all but one part stays the same.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The service.
    pub source: &'static str,
    /// What grows.
    pub growing: &'static str,
    /// A conformance test.
    test: &'static str,
    /// Stands once in the event, without white space. What is added stands in its place, between the next two.
    place: &'static str,
    before: &'static str,
    after: &'static str,
    added: Added,
    decode: fn(&[u8]) -> bool,
}

/// What an event is enlarged by.
#[derive(Clone, Copy, Debug)]
enum Added {
    /// A text, as often as is needed.
    Text(&'static str),
    /// A text that has `#` for its number, as often as is needed, with commas between.
    List(&'static str),
    /// The event's own records, with other names for what carries the context.
    Records,
    /// The event's own records.
    Contexts,
}

impl Shape {
    /// The event as it is, or enlarged to about `size` bytes.
    pub fn event(&self, size: Option<usize>) -> Vec<u8> {
        let event = plain(self.test);
        assert_eq!(event.matches(self.place).count(), 1, "{self:?} in {event}");
        let Some(missing) = size.and_then(|size| size.checked_sub(event.len())) else {
            return event.into_bytes();
        };
        let (before, after) = (self.before, self.after);
        let added = self.added.text(&event, missing);
        event
            .replacen(self.place, &[before, &added, after].concat(), 1)
            .into_bytes()
    }

    /// Decodes an event as a function would; tells whether it could.
    pub fn decode(&self, event: &[u8]) -> bool {
        (self.decode)(event)
    }
}

impl Added {
    fn text(self, event: &str, length: usize) -> String {
        let times = |unit: &str| length.div_ceil(unit.len());
        match self {
            Self::Text(unit) => unit.repeat(times(unit)),
            Self::List(unit) => {
                let items = (0..times(unit)).map(|number| unit.replace('#', &number.to_string()));
                items.collect::<Vec<_>>().join(",")
            }
            Self::Records => {
                let records = records(event)
                    .replace("_datadog", "company")
                    .replace("x-datadog-", "x-company-");
                vec![records.as_str(); times(&records)].join(",")
            }
            Self::Contexts => {
                let records = records(event);
                vec![records; times(records)].join(",")
            }
        }
    }
}

/// The records of an event, without the brackets around them.
fn records(event: &str) -> &str {
    let start = event.find(r#""Records":["#).map(|at| at + 11);
    let start = start.or_else(|| event.find(r#""orders-0":["#).map(|at| at + 12));
    let inside = event[start.expect("records")..].trim_end_matches('}');
    inside.strip_suffix(']').expect("nothing behind records")
}

/// The event of a conformance test, as AWS writes it: without white space.
fn plain(test: &str) -> String {
    #[derive(Deserialize)]
    struct Test<'a> {
        #[serde(borrow)]
        event: &'a RawValue,
    }
    let test: Test<'_> = serde_json::from_str(test).expect("a test");
    let (mut in_string, mut escaped) = (false, false);
    let mut keep = |byte: char| {
        in_string ^= byte == '"' && !escaped;
        escaped = byte == '\\' && !escaped;
        in_string || !byte.is_whitespace()
    };
    test.event
        .get()
        .chars()
        .filter(|byte| keep(*byte))
        .collect()
}

/// The payload of a function that others invoke directly, and the detail of an event.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: Option<String>,
    note: Option<String>,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize, Serialize)]
struct Line {
    sku: String,
    quantity: u32,
    price: f64,
    gift: bool,
    note: Option<String>,
}

fn decode<E: DeserializeOwned>(event: &[u8]) -> bool {
    serde_json::from_slice::<E>(event).is_ok()
}

const TEXT: Added = Added::Text("The order is on its way. Thank you for your patience; ");
const BASE64: Added = Added::Text("iVBORw0KGgoAAAANSUhEUgAAAqQRDcAYAAAC4vkM9wDCqAAA");
/// `"note": "by hand, with a bow and a card", "gift": true, `
const JSON_IN_BASE64: Added =
    Added::Text("Im5vdGUiOiAiYnkgaGFuZCwgd2l0aCBhIGJvdyBhbmQgYSBjYXJkIiwgImdpZnQiOiB0cnVlLCAg");
const JSON_IN_TEXT: Added = Added::Text(
    r#"{\"sku\":\"A-17\",\"quantity\":2,\"price\":19.99,\"gift\":false,\"note\":\"by hand\"},"#,
);
const JSON_IN_TEXT_IN_TEXT: Added = Added::Text(
    r#"{\\\"sku\\\":\\\"A-17\\\",\\\"quantity\\\":2,\\\"price\\\":19.99,\\\"gift\\\":false},"#,
);
const LINES: Added = Added::List(
    r#"{"sku":"A-#","quantity":2,"price":19.99,"gift":false,"note":"a present, to be wrapped by hand"}"#,
);
const RECORDS: Added = Added::Records;
const CONTEXTS: Added = Added::Contexts;
const MEMBERS: Added = Added::List(r#""line_#":{"sku":"A-17","quantity":2,"price":19.99}"#);

macro_rules! shapes {
    ($($test:literal $source:literal $type:ty { $($growing:literal: $place:literal => $before:literal $added:ident $after:literal;)+ })+) => {
        /// All sources, with what grows in their events.
        pub const SHAPES: &[Shape] = &[$($(Shape {
            source: $source,
            growing: $growing,
            test: include_str!(concat!("../../tests/conformance/", $test, ".json")),
            place: $place,
            before: $before,
            after: $after,
            added: $added,
            decode: decode::<$type>,
        }),+),+];
    };
}

shapes! {
    "apigw_rest" "API Gateway, REST" ApiGatewayProxyRequest {
        "text in body": r#""body":null"# => r#""body":""# TEXT r#"""#;
        "JSON in body": r#""body":null"# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
        "base64 in body": r#""body":null"# => r#""body":""# BASE64 r#"""#;
    }
    "apigw_http_parametrized" "API Gateway, HTTP" ApiGatewayV2httpRequest {
        "JSON in body": r#""isBase64Encoded":false"# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}","isBase64Encoded":false"#;
    }
    "websocket_message" "API Gateway, WebSocket" ApiGatewayWebsocketProxyRequest {
        "JSON in body": r#""body":"{\"action\": \"hello\"}""# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
    }
    "function_url" "Function URL" LambdaFunctionUrlRequest {
        "JSON in body": r#""body":"{}""# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
    }
    "alb" "ALB" AlbTargetGroupRequest {
        "JSON in body": r#""body":"""# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
    }
    "sqs_batch3" "SQS" SqsEvent {
        "JSON in first body": r#""RH-0","body":"plain text""# => r#""RH-0","body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
        "records": r#""}]}"# => r#""},"# RECORDS r#"]}"#;
        "records, each with a context": r#""}]}"# => r#""},"# CONTEXTS r#"]}"#;
    }
    "sqs_no_trace" "SQS, no context" SqsEvent {
        "JSON in body": r#""body":"plain text""# => r#""body":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
        "records": r#""}]}"# => r#""},"# RECORDS r#"]}"#;
    }
    "sns_string" "SNS" SnsEvent {
        "JSON in message": r#""Message":"hello""# => r#""Message":"{\"lines\":["# JSON_IN_TEXT r#"0]}""#;
    }
    "sns_to_sqs" "SNS in SQS" SqsEvent {
        "JSON in message": r#"\"Message\": \"hello\""# => r#"\"Message\": \"{\\\"lines\\\":["# JSON_IN_TEXT_IN_TEXT r#"0]}\""#;
        "records": r#""}]}"# => r#""},"# RECORDS r#"]}"#;
        "records, each with a context": r#""}]}"# => r#""},"# CONTEXTS r#"]}"#;
    }
    "eventbridge" "EventBridge" EventBridgeEvent<Order> {
        "text in detail": r#""orderId":"981""# => r#""note":""# TEXT r#"""#;
        "objects in detail": r#""orderId":"981""# => r#""lines":["# LINES r#"]"#;
    }
    "kinesis" "Kinesis" KinesisEvent {
        "JSON in data": r#""data":"eyJ2IjogMSwg"# => r#""data":"eyJ2IjogMSwg"# JSON_IN_BASE64 "";
        "records, each with a context": r#""}]}"# => r#""},"# CONTEXTS r#"]}"#;
    }
    "kinesis_no_trace" "Kinesis, no context" KinesisEvent {
        "bytes in data": r#""data":"eyJ2IjogMX0="# => r#""data":""# BASE64 "";
        "JSON in data": r#""data":"eyJ2IjogMX0="# => r#""data":"eyJ2IjogMSwg"# JSON_IN_BASE64 "";
        "records": r#""}]}"# => r#""},"# RECORDS r#"]}"#;
    }
    "dynamodb_one_key" "DynamoDB" DynamoDbEvent {
        "image": r#""StreamViewType":"# => r#""NewImage":{"note":{"S":""# TEXT r#""}},"StreamViewType":"#;
        "records": r#""}]}"# => r#""},"# RECORDS r#"]}"#;
    }
    "s3_put_two" "S3" S3Event {
        "records": r#""sequencer":"0A"}}}]}"# => r#""sequencer":"0A"}}},"# RECORDS r#"]}"#;
    }
    "msk" "Kafka" KafkaEvent {
        "bytes in value": r#""value":"dmFsdWU=""# => r#""value":""# BASE64 r#"""#;
        "records, each with other headers": r#"]}]}}"# => r#"]},"# RECORDS r#"]}}"#;
        "records, each with a context": r#"]}]}}"# => r#"]},"# CONTEXTS r#"]}}"#;
    }
    "msk_no_trace" "Kafka, no context" KafkaEvent {
        "records": r#"[]}]}}"# => r#"[]},"# RECORDS r#"]}}"#;
    }
    "sfn_v1_nested" "Step Functions" Order {
        "objects in input": r#""Input":{}"# => r#""Input":{"lines":["# LINES r#"]}"#;
        "objects in payload": r#""orderId":"981""# => r#""lines":["# LINES r#"]"#;
    }
    "direct_carrier" "Direct" Order {
        "text": r#""orderId":"981""# => r#""note":""# TEXT r#"""#;
        "objects": r#""orderId":"981""# => r#""lines":["# LINES r#"]"#;
    }
    "direct_carrier" "Direct, any members" HashMap<String, serde_json::Value> {
        "members": r#""orderId":"981""# => "" MEMBERS "";
    }
    "custom" "Direct, no context" Order {
        "text": r#""orderId":"981""# => r#""note":""# TEXT r#"""#;
        "objects": r#""orderId":"981""# => r#""lines":["# LINES r#"]"#;
        "unknown members": r#""orderId":"981""# => "" MEMBERS "";
    }
}
