//! OTLP over HTTP, the protocol of OpenTelemetry: Protocol Buffers, with the spans grouped by resource.
//!
//! The messages and their field numbers:
//! <https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto>. The attribute names:
//! <https://opentelemetry.io/docs/specs/semconv/>.

mod answer;
mod attributes;
mod spans;

use std::collections::HashMap;

use super::http;
use super::payload::{self, Payload, MAX_BYTES};
use super::protobuf::Writer;
use super::unencoded::Unencoded;
use super::Format;
use crate::config::{self, Config, LIBRARY_VERSION};
use crate::span::{Head, Span};
pub(super) use answer::learn;
use attributes::text;
use spans::write_span;

/// The format, as requests to one server.
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

// Fields of the messages that enclose spans.
const RESOURCE_SPANS: u32 = 1;
const RESOURCE: u32 = 1;
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_SPANS: u32 = 2;
const SCOPE: u32 = 1;
const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;
const SPANS: u32 = 2;

impl Format for Otlp {
    fn next(&self, left: &mut Unencoded<'_>, config: &Config) -> Option<Payload> {
        // The spans of each service; the resource is written once per service.
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
    /// Writes the attributes that all spans of a service share.
    fn write_resource(&self, resource: &mut Writer, service: &str, config: &Config) {
        let own = service.eq_ignore_ascii_case(config.service());
        let version = config.version.as_deref().filter(|_| own);
        let of_function = |value| Some(value).filter(|_| config.is_function);
        let known = [
            ("service.name", Some(service)),
            ("service.version", version),
            ("deployment.environment.name", config.env.as_deref()),
            ("telemetry.sdk.name", Some("ddlambda")),
            ("telemetry.sdk.language", Some("rust")),
            ("telemetry.sdk.version", Some(LIBRARY_VERSION)),
            ("cloud.provider", of_function("aws")),
            ("cloud.platform", of_function("aws_lambda")),
            ("cloud.region", self.region.as_deref()),
            ("faas.name", of_function(&config.function_name)),
        ];
        let common = &config.common_tags;
        for (name, value) in known {
            // An attribute that the settings already give is not repeated.
            if let Some(value) = value.filter(|_| !common.has(name)) {
                text(resource, RESOURCE_ATTRIBUTES, name, value);
            }
        }
        let tags = common.texts();
        for (name, value) in tags.filter(|(name, _)| !matches!(*name, "env" | "language")) {
            text(resource, RESOURCE_ATTRIBUTES, name, value);
        }
    }
}

/// An OpenTelemetry server receives only what is kept. Single spans of a dropped trace may be kept.
fn is_sampled(span: &Span, head: &Head) -> bool {
    head.priority > 0 || span.tags.has("_dd.span_sampling.mechanism")
}
