//! OTLP over HTTP, the protocol of OpenTelemetry: Protocol Buffers, spans grouped by what they tell of.
//!
//! The messages and the numbers of their fields:
//! <https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto>. The names:
//! <https://opentelemetry.io/docs/specs/semconv/>.

use std::collections::HashMap;

use super::http;
use super::left::Left;
use super::payload::{self, Payload, MAX_BYTES};
use super::protobuf::Writer;
use super::Format;
use crate::config::{self, Config, LIBRARY_VERSION};
use crate::span::{limited, Head, Span, SpanLink};

/// The protocol, as requests to one server.
pub(super) struct Otlp {
    head: http::Head,
    region: Option<String>,
}

impl Otlp {
    pub(super) fn new(server: &config::Otlp) -> Self {
        let own = [("Content-Type", &b"application/x-protobuf"[..])];
        let more = server.headers.iter();
        let more = more.map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self {
            head: http::Head::new(&server.at, &server.path, own.into_iter().chain(more)),
            region: server.region.clone(),
        }
    }
}

// Fields of the messages around spans.
const RESOURCE_SPANS: u32 = 1;
const RESOURCE: u32 = 1;
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_SPANS: u32 = 2;
const SCOPE: u32 = 1;
const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;
const SPANS: u32 = 2;

impl Format for Otlp {
    fn next(&self, left: &mut Left<'_>, config: &Config) -> Option<Payload> {
        // The spans of each service, which is told once for all of them.
        let mut services: Vec<(&str, Writer)> = Vec::new();
        let mut places = HashMap::new();
        let (mut spans, mut length) = (0, 0);
        while let Some((head, of_trace)) = left.chunk().filter(|_| length < MAX_BYTES) {
            let mut passed = 0;
            for span in of_trace {
                passed += 1;
                if !is_sampled(span, head) {
                    continue;
                }
                let service = span.service.as_deref().unwrap_or_else(|| config.service());
                let place = *places.entry(service).or_insert_with(|| {
                    services.push((service, Writer::default()));
                    services.len() - 1
                });
                let writer = &mut services[place].1;
                let before = writer.len();
                writer.message(SPANS, |message| write_span(message, span, head));
                spans += 1;
                length += writer.len() - before;
                if length >= MAX_BYTES {
                    break;
                }
            }
            left.pass(passed);
        }
        if spans == 0 {
            return None;
        }
        let mut bytes = payload::memory();
        bytes.extend_from_slice(self.head.bytes());
        let mut writer = Writer::behind(bytes);
        for (service, spans) in services {
            writer.message(RESOURCE_SPANS, |message| {
                message.message(RESOURCE, |resource| {
                    self.write_resource(resource, service, config);
                });
                message.message(SCOPE_SPANS, |message| {
                    message.message(SCOPE, |scope| {
                        scope.text(SCOPE_NAME, "ddlambda");
                        scope.text(SCOPE_VERSION, LIBRARY_VERSION);
                    });
                    message.append(spans);
                });
            });
        }
        let mut bytes = writer.into_bytes();
        self.head.complete(&mut bytes, 0);
        Some(Payload { bytes, spans })
    }
}

impl Otlp {
    /// What holds for all spans of a service.
    fn write_resource(&self, resource: &mut Writer, service: &str, config: &Config) {
        let own = service.eq_ignore_ascii_case(config.service());
        let version = config.version.as_deref().filter(|_| own);
        let known = [
            ("service.name", Some(service)),
            ("service.version", version),
            ("deployment.environment.name", config.env.as_deref()),
            ("telemetry.sdk.name", Some("ddlambda")),
            ("telemetry.sdk.language", Some("rust")),
            ("telemetry.sdk.version", Some(LIBRARY_VERSION)),
            ("cloud.provider", Some("aws")),
            ("cloud.platform", Some("aws_lambda")),
            ("cloud.region", self.region.as_deref()),
            ("faas.name", Some(&config.function_name)),
        ];
        for (name, value) in known {
            if let Some(value) = value {
                text(resource, RESOURCE_ATTRIBUTES, name, value);
            }
        }
        let tags = config.common_tags.texts();
        for (name, value) in tags.filter(|(name, _)| !matches!(*name, "env" | "language")) {
            text(resource, RESOURCE_ATTRIBUTES, name, value);
        }
    }
}

/// A server of OpenTelemetry is sent what is kept. Spans may be kept of traces that are not.
fn is_sampled(span: &Span, head: &Head) -> bool {
    head.priority > 0 || span.tags.has("_dd.span_sampling.mechanism")
}

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

fn write_span(message: &mut Writer, span: &Span, head: &Head) {
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
            "http.status_code" => number(message, "http.response.status_code", value),
            "cold_start" => flag(message, "faas.coldstart", value == "true"),
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
        attribute(message, ATTRIBUTES, name, |any| {
            any.double(ANY_DOUBLE, value)
        });
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
        // Pointers to objects have no ids, without which there is no link here.
        if link.trace_id != 0 && link.span_id != 0 {
            message.message(LINKS, |message| write_link(message, link));
        }
    }
}

const KIND_INTERNAL: u64 = 1;

/// The number of a span's kind.
fn kind_of(kind: &str) -> u64 {
    match kind {
        "server" => 2,
        "client" => 3,
        "producer" => 4,
        "consumer" => 5,
        _ => KIND_INTERNAL,
    }
}

/// What OpenTelemetry calls a tag that has the same meaning there.
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

/// What a span says of its error: an event of the name `exception`.
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

// Fields of an attribute, and of its value.
const KEY: u32 = 1;
const VALUE: u32 = 2;
const ANY_TEXT: u32 = 1;
const ANY_FLAG: u32 = 2;
const ANY_INTEGER: u32 = 3;
const ANY_DOUBLE: u32 = 4;

fn text(message: &mut Writer, field: u32, name: &str, value: &str) {
    // An empty value is one, too.
    attribute(message, field, name, |any| {
        any.bytes(ANY_TEXT, value.as_bytes())
    });
}

/// A whole number that is told as text.
fn number(message: &mut Writer, name: &str, value: &str) {
    match value.parse::<u32>() {
        Ok(number) => attribute(message, ATTRIBUTES, name, |any| {
            any.number(ANY_INTEGER, number.into());
        }),
        Err(_) => text(message, ATTRIBUTES, name, value),
    }
}

fn flag(message: &mut Writer, name: &str, value: bool) {
    attribute(message, ATTRIBUTES, name, |any| {
        any.number(ANY_FLAG, value.into())
    });
}

fn attribute(message: &mut Writer, field: u32, name: &str, value: impl FnOnce(&mut Writer)) {
    message.message(field, |pair| {
        pair.text(KEY, name);
        pair.message(VALUE, value);
    });
}
