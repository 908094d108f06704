//! Version 0.4 of the agent's trace format: MessagePack, an array of traces, each an array of spans.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::http;
use super::tags;
use crate::config::Config;
use crate::msgpack::Writer;
use crate::span::{limited, Chunk, Head, Span, SpanLink};

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

/// The memory of a request that was sent, for the next one: a block of this size is dear to allocate.
static SPARE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// A larger request gives its memory back.
const MAX_SPARE: usize = 64 * 1024;

impl Drop for Payload {
    fn drop(&mut self) {
        if self.request.capacity() <= MAX_SPARE {
            *spare() = std::mem::take(&mut self.request);
        }
    }
}

fn spare() -> MutexGuard<'static, Vec<u8>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Encodes chunks into requests that begin with `head`: one, unless they are too large for it.
pub(super) fn payloads(chunks: &[Chunk], config: &Config, head: &[u8]) -> Vec<Payload> {
    split(chunks, config, head, MAX_PAYLOAD)
}

/// A request that is being written.
struct Open {
    writer: Writer,
    head: usize,
    traces_at: usize,
    traces: usize,
    spans: usize,
}

impl Open {
    fn new(head: &[u8], capacity: usize) -> Self {
        let mut writer = Writer::behind(head, std::mem::take(&mut *spare()), capacity);
        let traces_at = writer.open_array();
        Self {
            writer,
            head: head.len(),
            traces_at,
            traces: 0,
            spans: 0,
        }
    }

    fn weight(&self) -> usize {
        self.writer.len() + self.spans * ADDED_PER_SPAN
    }

    fn close(mut self) -> Payload {
        self.writer.set_length(self.traces_at, self.traces);
        let mut request = self.writer.into_bytes();
        http::complete(&mut request, self.head, self.traces);
        Payload {
            request,
            spans: self.spans,
        }
    }
}

fn split(chunks: &[Chunk], config: &Config, head: &[u8], limit: usize) -> Vec<Payload> {
    let count: usize = chunks.iter().map(|chunk| chunk.spans.len()).sum();
    let capacity = (count * TYPICAL_SPAN).min(limit);
    let mut done = Vec::new();
    let mut open = Open::new(head, capacity);
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
                done.push(std::mem::replace(&mut open, Open::new(head, capacity)).close());
            }
        }
    }
    if open.traces > 0 {
        done.push(open.close());
    }
    done
}

/// Writes a span. Names that are known when the crate is built stand here as they go out, a string's length before it,
/// so that writing one is a store. `first` is given for the first one of its chunk.
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
    writer.text(span.service.as_deref().unwrap_or_else(|| config.service()));
    writer.copy(b"\xa4name");
    writer.text(&span.name);
    writer.copy(b"\xa8resource");
    writer.text(&limited(span.resource.as_deref().unwrap_or(&span.name)));
    if kind > 0 {
        writer.copy(b"\xa4type");
        writer.text(&span.kind);
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

/// The numbers of a span, as they go out. Each is of a fixed length, so that all of them are one copy.
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
        // Before the span's, which win for who reads a map to its end, should the settings name one of them.
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

/// The top bit of a link's flags says that they are known.
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
        writer.text(&link.tracestate);
    }
    if let Some(flags) = link.flags {
        writer.copy(b"\xa5flags");
        writer.number(u64::from(flags | FLAGS_KNOWN));
    }
}
