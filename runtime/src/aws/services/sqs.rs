//! Amazon SQS. The context is an attribute of each message, which receivers must ask for.

use std::borrow::Cow;
use std::ops::Range;

use super::super::carrier::{Context, NAME};
use super::super::limits::{base64_length, Limits, KIB, MIB};
use super::super::request::{host, path, Change, Request};
use super::super::splice::{write_string, Splice};
use super::{Service, Style};
use crate::json::Json;
use crate::span::Tags;

pub(super) struct Sqs;

/// The maximum number of attributes of a message.
const ATTRIBUTES: usize = 10;
/// For a message, and for a batch. Each queue has its own limit; these are the usual ones.
const SIZES: Limits = Limits(&[256 * KIB, MIB]);

impl Service for Sqs {
    fn id(&self) -> &'static str {
        "sqs"
    }

    fn host(&self) -> Option<&'static str> {
        Some("sqs")
    }

    fn style(&self, operation: &str) -> Style {
        match operation {
            "SendMessage" | "SendMessageBatch" => Style {
                name: Some("aws.sqs.send"),
                kind: "producer",
                ..Style::default()
            },
            "ReceiveMessage" => Style {
                name: Some("aws.sqs.process"),
                span_type: "worker",
                kind: "consumer",
            },
            _ => Style::default(),
        }
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        tags.push("messaging.system", "aws_sqs");
        let Some(url) = request.text("QueueUrl") else {
            let name = request.text("QueueName")?;
            tag_name(tags, &name);
            return Some(name);
        };
        let mut segments = path(&url).rsplit('/');
        if let Some(name) = segments.next().filter(|name| !name.is_empty()) {
            tag_name(tags, name);
            let account = segments.next().filter(|account| is_account(account));
            if let Some(account) = account {
                tags.push("aws_account", account);
                if let Some(region) = region(&url) {
                    let partition = partition(region);
                    let parts = ["arn:", partition, ":sqs:", region, ":", account, ":", name];
                    tags.push_joined("cloud.resource_id", &parts);
                }
            }
        }
        Some(url)
    }

    fn carries(&self, operation: &str) -> bool {
        matches!(
            operation,
            "SendMessage" | "SendMessageBatch" | "ReceiveMessage"
        )
    }

    fn inject(
        &self,
        operation: &str,
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> Option<Change> {
        let input = request.json().filter(|input| input.is_object())?;
        let body = match operation {
            "SendMessage" => send(input, std::iter::once(input), context),
            "SendMessageBatch" => send(input, input.get("Entries")?.elements(), context),
            _ => ask(input),
        };
        body.map(Change::Body)
    }
}

fn tag_name(tags: &mut Tags, name: &str) {
    tags.push("queuename", name);
    tags.push("aws.sqs.queue_name", name);
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The region in the host of a queue: `sqs.{region}.amazonaws.com`.
fn region(url: &str) -> Option<&str> {
    let (region, domain) = host(url)?.strip_prefix("sqs.")?.split_once('.')?;
    domain.starts_with("amazonaws.").then_some(region)
}

pub(in super::super) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    }
}

/// Adds the context to each of `messages`, which are part of the body `input`. Returns the new body.
fn send<'a>(
    input: Json<'a>,
    messages: impl Iterator<Item = Json<'a>> + Clone,
    context: &Context<'_>,
) -> Option<Vec<u8>> {
    let json = context.json()?;
    let mut attribute = Attribute {
        json,
        written: None,
    };
    let added = NAME.len() + "String".len() + json.len();

    let body = input.rest();
    let count = context.entries(messages.clone().count());
    let room = count * (attribute.room() + r#""MessageAttributes":{"_datadog":},"#.len());
    // Escaped text is at least as long as what it stands for.
    let is_small = SIZES.allow(0, body.len() + room);
    let size = |message| if is_small { 0 } else { size(message) };
    let mut total: usize = messages.clone().map(size).sum();

    let mut splice = Splice::new(body, room);
    for message in messages.take(count) {
        let size = size(message);
        let fits = SIZES.allow(size, size + added) && SIZES.allow(total, total + added);
        if fits && add(&mut splice, message, &mut attribute) {
            total += added;
        }
    }
    splice.finish()
}

/// The attribute with the context.
struct Attribute<'c> {
    json: &'c str,
    /// Its range in the output once it has been written, from which it is copied.
    written: Option<Range<usize>>,
}

impl Attribute<'_> {
    const HEAD: &'static [u8] = br#"{"DataType":"String","StringValue":"#;

    /// Roughly how many bytes it takes: each quotation mark of the context becomes two.
    fn room(&self) -> usize {
        Self::HEAD.len() + self.json.len() * 5 / 4 + 8
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        if let Some(written) = self.written.clone() {
            return out.extend_from_within(written);
        }
        let start = out.len();
        out.extend_from_slice(Self::HEAD);
        write_string(out, self.json);
        out.push(b'}');
        self.written = Some(start..out.len());
    }

    /// Writes the attribute with its name.
    fn write_member(&mut self, out: &mut Vec<u8>) {
        write_string(out, NAME);
        out.push(b':');
        self.write(out);
    }
}

/// Adds the attribute to a message, replacing one with its name. Returns whether there was room for it.
fn add<'a>(splice: &mut Splice<'a>, message: Json<'a>, attribute: &mut Attribute<'_>) -> bool {
    let attributes = message.get("MessageAttributes");
    match attributes {
        Some(attributes) if attributes.is_object() => {
            if let Some(old) = attributes.get(NAME) {
                attribute.write(splice.replace(old));
                return true;
            }
            if attributes.entries().count() >= ATTRIBUTES {
                return false;
            }
            splice.add_member(attributes, |out| attribute.write_member(out));
        }
        Some(attributes) if attributes.is_null() => {
            let out = splice.replace(attributes);
            out.push(b'{');
            attribute.write_member(out);
            out.push(b'}');
        }
        Some(_) => return false,
        None => splice.add_member(message, |out| {
            out.extend_from_slice(br#""MessageAttributes":{"#);
            attribute.write_member(out);
            out.push(b'}');
        }),
    }
    true
}

/// The size of a message in bytes, as SQS counts it: its body, and the names, types and values of its attributes.
fn size(message: Json<'_>) -> usize {
    let length = |value: Option<Json<'_>>| {
        let text = value.and_then(|value| value.as_str());
        text.map_or(0, |text| text.len())
    };
    let binary = |value: Option<Json<'_>>| {
        let text = value.and_then(|value| value.as_str());
        text.map_or(0, |text| base64_length(&text))
    };
    let attributes = message.get("MessageAttributes").into_iter();
    let attributes = attributes.flat_map(|attributes| attributes.members());
    let attributes = attributes.map(|(name, attribute)| {
        name.len()
            + length(attribute.get("DataType"))
            + length(attribute.get("StringValue"))
            + binary(attribute.get("BinaryValue"))
    });
    length(message.get("MessageBody")) + attributes.sum::<usize>()
}

/// The body of a request to receive messages, with the attribute among those it asks for; `None` if it already is.
fn ask(input: Json<'_>) -> Option<Vec<u8>> {
    let mut splice = Splice::new(input.rest(), 64);
    match input.get("MessageAttributeNames") {
        Some(names) if names.is_array() => {
            let mut asked = names.items().filter_map(|name| name.as_str());
            if asked.any(|name| matches!(&*name, "All" | ".*" | NAME)) {
                return None;
            }
            splice.add_item(names, |out| write_string(out, NAME));
        }
        Some(_) => return None,
        None => splice.add_member(input, |out| {
            out.extend_from_slice(br#""MessageAttributeNames":["_datadog"]"#);
        }),
    }
    splice.finish()
}
