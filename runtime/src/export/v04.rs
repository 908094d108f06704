//! Version 0.4 of the agent's trace format: MessagePack, an array of traces, each an array of spans.

use super::http;
use super::msgpack::Writer;
use super::tags;
use crate::config::Config;
use crate::span::{Chunk, Head, Span, SpanLink, Value};

/// The extension takes up to 12 MB, counted after it has added its own tags, and chokes on more for good.
const MAX_PAYLOAD: usize = 5_000_000;
/// What the extension adds to a span, at the most.
const ADDED_PER_SPAN: usize = 1_000;
/// What a span takes, roughly, so that the buffer seldom grows.
const TYPICAL_SPAN: usize = 512;

/// One request.
pub(super) struct Payload {
    /// Head and body.
    pub(super) request: Vec<u8>,
    pub(super) spans: usize,
}

/// Encodes chunks into requests to the agent at `authority`: one, unless they are too large for it.
pub(super) fn payloads(chunks: &[Chunk], config: &Config, authority: String) -> Vec<Payload> {
    split(chunks, config, MAX_PAYLOAD)
        .into_iter()
        .map(|body| Payload {
            request: http::request(&authority, body.traces, &body.bytes),
            spans: body.spans,
        })
        .collect()
}

struct Body {
    bytes: Vec<u8>,
    traces: usize,
    spans: usize,
}

/// A body that is being written.
struct Open {
    writer: Writer,
    traces_at: usize,
    traces: usize,
    spans: usize,
}

impl Open {
    fn new(capacity: usize) -> Self {
        let mut writer = Writer::with_capacity(capacity);
        let traces_at = writer.open_array();
        Self {
            writer,
            traces_at,
            traces: 0,
            spans: 0,
        }
    }

    fn weight(&self) -> usize {
        self.writer.len() + self.spans * ADDED_PER_SPAN
    }

    fn close(mut self) -> Body {
        self.writer.set_length(self.traces_at, self.traces);
        Body {
            bytes: self.writer.into_bytes(),
            traces: self.traces,
            spans: self.spans,
        }
    }
}

fn split(chunks: &[Chunk], config: &Config, limit: usize) -> Vec<Body> {
    let count: usize = chunks.iter().map(|chunk| chunk.spans.len()).sum();
    let capacity = (count * TYPICAL_SPAN).min(limit);
    let mut done = Vec::new();
    let mut open = Open::new(capacity);
    for chunk in chunks {
        let mut spans = chunk.spans.iter().peekable();
        while spans.peek().is_some() {
            open.traces += 1;
            let spans_at = open.writer.open_array();
            let before = open.spans;
            let mut first = Some(&*chunk.head);
            while open.spans == before || open.weight() < limit {
                let Some(span) = spans.next() else { break };
                write_span(&mut open.writer, span, &chunk.head, first.take(), config);
                open.spans += 1;
            }
            open.writer.set_length(spans_at, open.spans - before);
            if open.weight() >= limit {
                done.push(std::mem::replace(&mut open, Open::new(capacity)).close());
            }
        }
    }
    if open.traces > 0 {
        done.push(open.close());
    }
    done
}

/// Writes a span; `first` is given for the first one of its chunk.
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
    writer.text("service");
    writer.text(span.service.as_deref().unwrap_or_else(|| config.service()));
    writer.text("name");
    writer.text(&span.name);
    writer.text("resource");
    writer.text(&tags::limited(
        span.resource.as_deref().unwrap_or(&span.name),
    ));
    if kind > 0 {
        writer.text("type");
        writer.text(&span.kind);
    }
    writer.text("trace_id");
    writer.number(head.trace_id as u64);
    writer.text("span_id");
    writer.number(span.id);
    writer.text("parent_id");
    writer.number(span.parent_id);
    writer.text("start");
    writer.number(span.start);
    writer.text("duration");
    writer.number(span.duration.unwrap_or_default());
    writer.text("error");
    writer.number(u64::from(span.error));
    write_meta(writer, span, first, config);
    write_metrics(writer, span, first);
    if links > 0 {
        writer.text("span_links");
        writer.array(span.links.len());
        for link in &span.links {
            write_link(writer, link);
        }
    }
}

fn write_meta(writer: &mut Writer, span: &Span, first: Option<&Head>, config: &Config) {
    let own = span
        .tags
        .iter()
        .filter(|(_, value)| matches!(value, Value::Text(_)))
        .count();
    let mut common = 0;
    tags::common(span, config, |_, _| common += 1);
    writer.text("meta");
    writer.map(own + common + first.map_or(0, tags::first_len));
    for (name, value) in span.tags.iter() {
        if let Value::Text(text) = value {
            writer.text(name);
            writer.text(&tags::limited(text));
        }
    }
    let mut add = |name: &str, value: &str| {
        writer.text(name);
        writer.text(value);
    };
    tags::common(span, config, &mut add);
    if let Some(head) = first {
        tags::first(head, &mut add);
    }
}

fn write_metrics(writer: &mut Writer, span: &Span, first: Option<&Head>) {
    let own = span
        .tags
        .iter()
        .filter(|(_, value)| matches!(value, Value::Number(_)))
        .count();
    let extra = first.map(tags::first_numbers);
    let extra = extra.as_ref().map_or(&[][..], |extra| &extra[..]);
    writer.text("metrics");
    writer.map(own + extra.len());
    for (name, value) in span.tags.iter() {
        if let Value::Number(number) = value {
            writer.text(name);
            writer.float(*number);
        }
    }
    for (name, number) in extra {
        writer.text(name);
        writer.float(*number);
    }
}

/// The top bit of a link's flags says that they are known.
const FLAGS_KNOWN: u32 = 1 << 31;

fn write_link(writer: &mut Writer, link: &SpanLink) {
    let tracestate = usize::from(!link.tracestate.is_empty());
    let attributes = usize::from(!link.attributes.is_empty());
    writer.map(3 + tracestate + attributes + usize::from(link.flags.is_some()));
    writer.text("trace_id");
    writer.number(link.trace_id as u64);
    writer.text("trace_id_high");
    writer.number((link.trace_id >> 64) as u64);
    writer.text("span_id");
    writer.number(link.span_id);
    if attributes > 0 {
        writer.text("attributes");
        writer.map(link.attributes.len());
        for (name, value) in &link.attributes {
            writer.text(name);
            writer.text(&tags::limited(value));
        }
    }
    if tracestate > 0 {
        writer.text("tracestate");
        writer.text(&link.tracestate);
    }
    if let Some(flags) = link.flags {
        writer.text("flags");
        writer.number(u64::from(flags | FLAGS_KNOWN));
    }
}
