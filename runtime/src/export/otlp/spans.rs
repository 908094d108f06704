//! Encodes a span and its attributes, events and links.

use super::super::protobuf::Writer;
use super::attributes::{double, flag, number, text};
use crate::span::{limited, Head, Span, SpanLink};

// Fields of a span.
const TRACE_ID: u32 = 1;
const SPAN_ID: u32 = 2;
const TRACE_STATE: u32 = 3;
const PARENT_SPAN_ID: u32 = 4;
const NAME: u32 = 5;
const KIND: u32 = 6;
const START: u32 = 7;
const END: u32 = 8;
const ATTRIBUTES: u32 = 9;
const EVENTS: u32 = 11;
const LINKS: u32 = 13;
const STATUS: u32 = 15;
const FLAGS: u32 = 16;

const STATUS_MESSAGE: u32 = 2;
const STATUS_CODE: u32 = 3;
const STATUS_ERROR: u64 = 2;

/// The W3C trace flag of traces that are kept.
const SAMPLED: u32 = 1;

pub(super) fn write_span(message: &mut Writer, span: &Span, head: &Head) {
    let end = span.start.saturating_add(span.duration.unwrap_or_default());
    let resource = span.resource.as_deref().unwrap_or(&span.name);
    message.bytes(TRACE_ID, &head.trace_id.to_be_bytes());
    message.bytes(SPAN_ID, &span.id.to_be_bytes());
    if span.parent_id != 0 {
        message.bytes(PARENT_SPAN_ID, &span.parent_id.to_be_bytes());
    }
    message.text(
        TRACE_STATE,
        &limited(head.tracestate.as_deref().unwrap_or_default()),
    );
    message.text(NAME, &limited(resource));
    message.fixed64(START, span.start);
    message.fixed64(END, end);
    message.fixed32(FLAGS, SAMPLED);
    text(message, ATTRIBUTES, "operation.name", &limited(&span.name));
    if !span.kind.is_empty() {
        text(message, ATTRIBUTES, "span.type", &limited(&span.kind));
    }
    let mut kind = KIND_INTERNAL;
    let mut error = Error::default();
    for (name, value) in span.tags.texts() {
        match name {
            "span.kind" => kind = kind_of(value),
            "error.message" => error.message = value,
            "error.stack" => error.stack = value,
            "http.status_code" => number(message, ATTRIBUTES, "http.response.status_code", value),
            "cold_start" => flag(message, ATTRIBUTES, "faas.coldstart", value == "true"),
            _ => {
                if name == "error.type" {
                    error.kind = value;
                }
                text(message, ATTRIBUTES, name_of(name), value);
            }
        }
    }
    message.number(KIND, kind);
    for (name, value) in span.tags.numbers() {
        double(message, ATTRIBUTES, name, value);
    }
    if span.error {
        message.message(STATUS, |status| {
            status.text(STATUS_MESSAGE, error.message);
            status.number(STATUS_CODE, STATUS_ERROR);
        });
    }
    if !error.kind.is_empty() || !error.message.is_empty() {
        message.message(EVENTS, |event| error.write(event, end));
    }
    for link in &span.links {
        // Span pointers have no ids, and a link requires them here.
        if link.trace_id != 0 && link.span_id != 0 {
            message.message(LINKS, |message| write_link(message, link));
        }
    }
}

const KIND_INTERNAL: u64 = 1;

/// The enum value of a span kind.
fn kind_of(kind: &str) -> u64 {
    match kind {
        "server" => 2,
        "client" => 3,
        "producer" => 4,
        "consumer" => 5,
        _ => KIND_INTERNAL,
    }
}

/// OpenTelemetry's name for a tag that has the same meaning there.
fn name_of(tag: &str) -> &str {
    match tag {
        "http.method" => "http.request.method",
        "http.url" => "url.full",
        "http.useragent" => "user_agent.original",
        "request_id" => "faas.invocation_id",
        "function_arn" => "cloud.resource_id",
        "function_version" => "faas.version",
        tag => tag,
    }
}

/// The error tags of a span, sent as an event named `exception`.
#[derive(Default)]
struct Error<'a> {
    kind: &'a str,
    message: &'a str,
    stack: &'a str,
}

impl Error<'_> {
    fn write(&self, event: &mut Writer, time: u64) {
        const TIME: u32 = 1;
        const NAME: u32 = 2;
        const ATTRIBUTES: u32 = 3;
        event.fixed64(TIME, time);
        event.text(NAME, "exception");
        for (name, value) in [
            ("exception.type", self.kind),
            ("exception.message", self.message),
            ("exception.stacktrace", self.stack),
        ] {
            if !value.is_empty() {
                text(event, ATTRIBUTES, name, value);
            }
        }
    }
}

fn write_link(message: &mut Writer, link: &SpanLink) {
    const ATTRIBUTES: u32 = 4;
    const FLAGS: u32 = 6;
    message.bytes(TRACE_ID, &link.trace_id.to_be_bytes());
    message.bytes(SPAN_ID, &link.span_id.to_be_bytes());
    message.text(TRACE_STATE, &limited(&link.tracestate));
    for (name, value) in &link.attributes {
        text(message, ATTRIBUTES, name, &limited(value));
    }
    if let Some(flags) = link.flags {
        message.fixed32(FLAGS, flags);
    }
}
