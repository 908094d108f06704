//! The calls, one after the other on one thread, within invocations whose traces are not sent.

use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_sqs::types::MessageAttributeValue;
use ddlambda::__bench::within;
use ddlambda::http_client::TracedRequest;

use crate::allocations;

/// Calls per invocation: no more than functions make, since their spans stay in memory until it ends.
const PER_INVOCATION: u64 = 20;

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
const BODY: &str = r#"{"order":1001,"lines":[{"sku":"A-17","quantity":2}]}"#;

/// What is compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Untraced,
    /// Without tracing, but with as many bytes as if there was some: what these cost by themselves.
    Padded,
    Traced,
}

pub const MODES: [(&str, Mode); 3] = [
    ("untraced", Mode::Untraced),
    ("padded", Mode::Padded),
    ("traced", Mode::Traced),
];

/// Makes so many calls, and returns how often each allocates.
pub fn make(what: &str, mode: Mode, count: u64, address: &str) -> f64 {
    match what {
        "sqs" => {
            let client = queue(mode, address);
            let body = BODY.to_owned() + &padding(mode, attribute_length);
            measure(count, async || {
                let kind = MessageAttributeValue::builder()
                    .data_type("String")
                    .string_value("order")
                    .build();
                let send = client.send_message().queue_url(QUEUE).message_body(&body);
                let send = send.message_attributes("kind", kind.expect("it has a type"));
                send.send().await.expect("an answer");
            })
        }
        _ => {
            let client = reqwest::Client::new();
            let url = format!("http://{address}/orders/7?page=2");
            let padding = padding(mode, headers_length);
            measure(count, async || {
                let request = client.get(&url);
                let response = match mode {
                    Mode::Untraced => request.send().await,
                    Mode::Padded => request.header("x-padding", &padding).send().await,
                    Mode::Traced => request.send_traced().await,
                };
                response.expect("an answer").bytes().await.expect("a body");
            })
        }
    }
}

/// Makes the calls, and as many as an invocation has before, to have connections and caches.
fn measure(count: u64, call: impl AsyncFn()) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut allocated = 0;
    for begun in (0..count + PER_INVOCATION).step_by(PER_INVOCATION as usize) {
        let calls = PER_INVOCATION.min(count + PER_INVOCATION - begun);
        let before = within(|| {
            let before = allocations::count();
            runtime.block_on(async {
                for _ in 0..calls {
                    call().await;
                }
            });
            allocations::count() - before
        });
        allocated += if begun == 0 { 0 } else { before };
    }
    allocated as f64 / count as f64
}

fn queue(mode: Mode, address: &str) -> aws_sdk_sqs::Client {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "cost",
        ))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let config = match mode {
        Mode::Traced => config.interceptor(ddlambda::aws::interceptor()),
        Mode::Untraced | Mode::Padded => config,
    };
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// As much text as tracing adds to a request.
fn padding(mode: Mode, length: fn(&ddlambda::Carrier) -> usize) -> String {
    match mode {
        Mode::Padded => "x".repeat(within(|| length(&ddlambda::trace_headers()))),
        Mode::Untraced | Mode::Traced => String::new(),
    }
}

/// The length of the attribute that a message gets.
fn attribute_length(headers: &ddlambda::Carrier) -> usize {
    let object = serde_json::to_string(headers).expect("text is JSON");
    let string = serde_json::to_string(&object).expect("text is JSON");
    let attribute = r#""_datadog":{"DataType":"String","StringValue":},"#;
    attribute.len() + string.len()
}

/// The length of the headers that a request gets, without the name of the one that stands for them.
fn headers_length(headers: &ddlambda::Carrier) -> usize {
    let lines = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4);
    lines.sum::<usize>() - "x-padding: \r\n".len()
}
