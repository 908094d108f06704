//! Version 0.4 of the agent's trace format: MessagePack, an array of traces, each an array of spans.

use super::http;
use super::payload::{self, Payload, ADDED_PER_SPAN, MAX_BYTES};
use super::tags;
use super::unencoded::Unencoded;
use super::Format;
use crate::config::{Address, Config, LIBRARY_VERSION};
use crate::msgpack::Writer;
use crate::span::{limited, Head, Span, SpanLink};

/// The format, as requests to one agent.
pub(super) struct V04 {
    head: http::Head,
}

impl V04 {
    pub(super) fn new(to: &Address) -> Self {
        Self {
            head: head(to, "/v0.4/traces"),
        }
    }
}

/// The head of a request to an agent.
pub(super) fn head(to: &Address, path: &str) -> http::Head {
    let headers = [
        ("Content-Type", "application/msgpack"),
        ("Datadog-Meta-Lang", "rust"),
        ("Datadog-Meta-Tracer-Version", LIBRARY_VERSION),
    ];
    let headers = headers.map(|(name, value)| (name, value.as_bytes()));
    http::Head::new(to, path, headers).counting_traces()
}

impl Format for V04 {
    fn next(&self, left: &mut Unencoded<'_>, config: &Config) -> Option<Payload> {
        left.chunk()?;
        let head = self.head.bytes();
        let capacity = payload::capacity(left.spans());
        let mut writer = Writer::behind(head, payload::memory(), capacity);
        let traces_at = writer.open_array();
        let (mut traces, mut spans) = (0, 0);
        let is_full = |writer: &Writer, spans| writer.len() + spans * ADDED_PER_SPAN >= MAX_BYTES;
        while let Some((head, of_trace)) = left.chunk().filter(|_| !is_full(&writer, spans)) {
            traces += 1;
            let spans_at = writer.open_array();
            let mut first = Some(head);
            let mut count = 0;
            for span in of_trace {
                write_span(&mut writer, span, head, first.take(), config);
                (spans, count) = (spans + 1, count + 1);
                if is_full(&writer, spans) {
                    break;
                }
            }
            writer.set_length(spans_at, count);
            left.pass(count);
        }
        writer.set_length(traces_at, traces);
        let mut bytes = writer.into_bytes();
        self.head.complete(&mut bytes, traces);
        Some(Payload { bytes, spans })
    }
}

/// Writes a span. Names known at compile time are written in their encoded form, with the length before the string, so that
/// each is a single store. `first` is set for the first span of its chunk.
fn write_span(
    writer: &mut Writer,
    span: &Span,
    head: &Head,
    first: Option<&Head>,
    config: &Config,
) {
    let links = usize::from(!span.links.is_empty());
    let kind = usize::from(!span.kind.is_empty());
    writer.map(11 + kind + links);
    writer.copy(b"\xa7service");
    let service = span.service.as_deref().unwrap_or_else(|| config.service());
    writer.text(&limited(service));
    writer.copy(b"\xa4name");
    writer.text(&limited(&span.name));
    writer.copy(b"\xa8resource");
    writer.text(&limited(span.resource.as_deref().unwrap_or(&span.name)));
    if kind > 0 {
        writer.copy(b"\xa4type");
        writer.text(&limited(&span.kind));
    }
    writer.copy(&numbers(span, head));
    write_meta(writer, span, first, config);
    write_metrics(writer, span, first);
    if links > 0 {
        writer.copy(b"\xaaspan_links");
        writer.array(span.links.len());
        for link in &span.links {
            write_link(writer, link);
        }
    }
}

/// The numbers of a span, encoded. Each has a fixed length, so that all of them are one copy.
fn numbers(span: &Span, head: &Head) -> [u8; 94] {
    let mut bytes = *b"\xa8trace_id\xcf        \xa7span_id\xcf        \xa9parent_id\xcf        \
        \xa5start\xcf        \xa8duration\xcf        \xa5error\x00";
    for (at, number) in [
        (10, head.trace_id as u64),
        (27, span.id),
        (46, span.parent_id),
        (61, span.start),
        (79, span.duration.unwrap_or_default()),
    ] {
        bytes[at..at + 8].copy_from_slice(&number.to_be_bytes());
    }
    bytes[93] = span.error.into();
    bytes
}

fn write_meta(writer: &mut Writer, span: &Span, first: Option<&Head>, config: &Config) {
    writer.copy(b"\xa4meta");
    let map = writer.open_map();
    let mut count = 0;
    if span.tags.are_own() {
        // Written before the span's own tags: if a name occurs twice, a reader that goes through the whole map keeps the
        // last.
        let (texts, texts_count) = config.common_tags.encoded_texts();
        writer.copy(texts);
        count += texts_count;
    } else {
        for pair in config.common_tags.encoded_texts_beside(&span.tags) {
            writer.copy(pair);
            count += 1;
        }
    }
    let (texts, texts_count) = span.tags.encoded_texts();
    writer.copy(texts);
    count += texts_count;
    let mut add = |name: &str, value: &str| {
        writer.text(name);
        writer.text(value);
        count += 1;
    };
    tags::of_service(span, config, &mut add);
    if let Some(head) = first {
        tags::first(span, head, &mut add);
    }
    writer.set_length(map, count);
}

fn write_metrics(writer: &mut Writer, span: &Span, first: Option<&Head>) {
    writer.copy(b"\xa7metrics");
    let map = writer.open_map();
    let (numbers, mut count) = span.tags.encoded_numbers();
    writer.copy(numbers);
    for (name, number) in first.iter().flat_map(|head| tags::first_numbers(head)) {
        writer.text(name);
        writer.float(number);
        count += 1;
    }
    writer.set_length(map, count);
}

/// The top bit of a link's flags says that they are set.
const FLAGS_KNOWN: u32 = 1 << 31;

#[cold]
fn write_link(writer: &mut Writer, link: &SpanLink) {
    let tracestate = usize::from(!link.tracestate.is_empty());
    let attributes = usize::from(!link.attributes.is_empty());
    writer.map(3 + tracestate + attributes + usize::from(link.flags.is_some()));
    writer.copy(b"\xa8trace_id");
    writer.number(link.trace_id as u64);
    writer.copy(b"\xadtrace_id_high");
    writer.number((link.trace_id >> 64) as u64);
    writer.copy(b"\xa7span_id");
    writer.number(link.span_id);
    if attributes > 0 {
        writer.copy(b"\xaaattributes");
        writer.map(link.attributes.len());
        for (name, value) in &link.attributes {
            writer.text(name);
            writer.text(&limited(value));
        }
    }
    if tracestate > 0 {
        writer.copy(b"\xaatracestate");
        writer.text(&limited(&link.tracestate));
    }
    if let Some(flags) = link.flags {
        writer.copy(b"\xa5flags");
        writer.number(u64::from(flags | FLAGS_KNOWN));
    }
}
