//! Amazon SNS. The context is an attribute of each message: a binary one, since filter policies cannot cope with JSON in
//! other types.

use std::borrow::Cow;

use super::super::carrier::{encode_base64, Context, NAME};
use super::super::form::{self, Form};
use super::super::limits::{base64_length, Limits, KIB};
use super::super::request::{Body, Change, Request};
use super::{Service, Style};
use crate::span::Tags;

pub(super) struct Sns;

/// The maximum number of attributes of a message that is delivered to a queue.
const ATTRIBUTES: usize = 10;
/// For a message, and for a batch.
const SIZES: Limits = Limits(&[256 * KIB]);
const BATCH: &str = "PublishBatchRequestEntries.member.";
const ATTRIBUTE: &str = "MessageAttributes.entry.";

impl Service for Sns {
    fn id(&self) -> &'static str {
        "sns"
    }

    fn host(&self) -> Option<&'static str> {
        Some("sns")
    }

    fn style(&self, operation: &str) -> Style {
        let publishes = self.carries(operation);
        Style {
            name: publishes.then_some("aws.sns.send"),
            ..Style::default()
        }
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        tags.push("messaging.system", "aws.sns");
        let arn = request
            .text("TopicArn")
            .or_else(|| request.text("TargetArn"))?;
        tags.push("aws.sns.topic_arn", &arn);
        let mut parts = arn.rsplit(':');
        if let Some(name) = parts.next() {
            tags.push("topicname", name);
        }
        if let Some(account) = parts.next() {
            tags.push("aws_account", account);
        }
        Some(arn)
    }

    fn carries(&self, operation: &str) -> bool {
        matches!(operation, "Publish" | "PublishBatch")
    }

    fn inject(
        &self,
        operation: &str,
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> Option<Change> {
        let Body::Form(body) = request.body else {
            return None;
        };
        let form = Form::new(body)?;
        // A text message to a phone number reaches nothing that reads attributes.
        if form.pairs().any(|(name, _)| name == "PhoneNumber") {
            return None;
        }
        let messages = Message::all(form, operation == "PublishBatch");
        let json = context.json()?;
        let value = encode_base64(json);
        let added = NAME.len() + "Binary".len() + json.len();
        let count = context.entries(messages.len());
        let mut total: usize = messages.iter().map(|message| message.size).sum();

        let mut out = Vec::with_capacity(body.len() + count * (value.len() + 300));
        let mut left_out = Vec::new();
        let mut added_pairs = Vec::new();
        for message in &messages[..count] {
            let fits = SIZES.allow(message.size, message.size + added)
                && SIZES.allow(total, total + added);
            let is_full = message.own.is_none() && message.attributes >= ATTRIBUTES;
            if !fits || is_full {
                continue;
            }
            total += added;
            let number = match message.own {
                Some(number) => {
                    left_out.push(attribute(message.prefix, number));
                    number
                }
                None => message.last + 1,
            };
            let attribute = attribute(message.prefix, number);
            form::write_pair(&mut added_pairs, &format!("{attribute}Name"), NAME);
            let kind = format!("{attribute}Value.DataType");
            form::write_pair(&mut added_pairs, &kind, "Binary");
            let name = format!("{attribute}Value.BinaryValue");
            form::write_base64_pair(&mut added_pairs, &name, &value);
        }
        if added_pairs.is_empty() {
            return None;
        }
        if left_out.is_empty() {
            out.extend_from_slice(body);
        } else {
            copy_without(body, &left_out, &mut out);
        }
        out.append(&mut added_pairs);
        Some(Change::Body(out))
    }
}

/// The prefix of the names of an attribute's pairs.
fn attribute(prefix: &str, number: usize) -> String {
    format!("{prefix}{ATTRIBUTE}{number}.")
}

/// Copies the pairs whose names begin with none of `names`.
fn copy_without(body: &[u8], names: &[String], out: &mut Vec<u8>) {
    for pair in body.split(|byte| *byte == b'&') {
        if names.iter().any(|name| pair.starts_with(name.as_bytes())) {
            continue;
        }
        if !out.is_empty() {
            out.push(b'&');
        }
        out.extend_from_slice(pair);
    }
}

/// A message to publish.
struct Message<'a> {
    /// The prefix of the names of its pairs; empty if it is the only message.
    prefix: &'a str,
    /// The number of its attributes.
    attributes: usize,
    /// The highest number of an attribute.
    last: usize,
    /// The number of the attribute that holds a context already.
    own: Option<usize>,
    /// The size in bytes, as SNS counts it: its text, and the names, types and values of attributes.
    size: usize,
}

impl<'a> Message<'a> {
    /// The messages of a request, in order.
    fn all(form: Form<'a>, is_batch: bool) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (name, value) in form.pairs() {
            let mut member = name;
            if is_batch {
                let numbered = name.strip_prefix(BATCH);
                let Some((_, rest)) = numbered.and_then(|rest| rest.split_once('.')) else {
                    continue;
                };
                member = rest;
            }
            let prefix = &name[..name.len() - member.len()];
            // The pairs of one message are adjacent.
            if all.last().is_none_or(|last| last.prefix != prefix) {
                all.push(Self {
                    prefix,
                    attributes: 0,
                    last: 0,
                    own: None,
                    size: 0,
                });
            }
            if let Some(message) = all.last_mut() {
                message.read(member, value);
            }
        }
        all
    }

    fn read(&mut self, member: &str, value: &str) {
        if matches!(member, "Message" | "Subject") {
            self.size += length(value);
        }
        let numbered = member.strip_prefix(ATTRIBUTE);
        let Some((number, part)) = numbered.and_then(|rest| rest.split_once('.')) else {
            return;
        };
        let number = number.parse().unwrap_or(0);
        if part == "Name" {
            self.attributes += 1;
            self.last = self.last.max(number);
            if value == NAME {
                self.own = Some(number);
            }
        }
        self.size += match part {
            "Value.BinaryValue" => form::text(value).map_or(0, |text| base64_length(&text)),
            _ => length(value),
        };
    }
}

/// The length of a decoded value.
fn length(value: &str) -> usize {
    let escapes = value.bytes().filter(|byte| *byte == b'%').count();
    value.len().saturating_sub(2 * escapes)
}
