//! Version 0.5 of the agent's trace format: MessagePack, a table of all strings, and an array of traces that refer to them
//! by index. A span is an array of twelve.

use std::borrow::Cow;
use std::collections::HashMap;

use super::http;
use super::links;
use super::payload::{self, Payload, ADDED_PER_SPAN, MAX_BYTES};
use super::tags;
use super::unencoded::Unencoded;
use super::v04;
use super::Format;
use crate::config::{Address, Config};
use crate::msgpack::Writer;
use crate::span::{limited, Head, Span, SpanLink, MAX_VALUE};

/// The format, as requests to one agent.
pub(super) struct V05 {
    head: http::Head,
}

impl V05 {
    pub(super) fn new(to: &Address) -> Self {
        Self {
            head: v04::head(to, "/v0.5/traces"),
        }
    }
}

impl Format for V05 {
    fn next(&self, left: &mut Unencoded<'_>, config: &Config) -> Option<Payload> {
        left.chunk()?;
        let mut texts = Texts::new();
        let mut writer = Writer::with_capacity(payload::capacity(left.spans()) / 4);
        let traces_at = writer.open_array();
        let (mut traces, mut spans) = (0, 0);
        // A string counts as often as it is used, since the agent expands it each time.
        let is_full = |writer: &Writer, texts: &Texts<'_>, spans| {
            writer.len() + texts.named + spans * ADDED_PER_SPAN >= MAX_BYTES
        };
        while let Some((head, of_trace)) = left.chunk() {
            if is_full(&writer, &texts, spans) {
                break;
            }
            traces += 1;
            let spans_at = writer.open_array();
            let mut first = Some(head);
            let mut count = 0;
            for span in of_trace {
                write_span(&mut writer, &mut texts, span, head, first.take(), config);
                (spans, count) = (spans + 1, count + 1);
                if is_full(&writer, &texts, spans) {
                    break;
                }
            }
            writer.set_length(spans_at, count);
            left.pass(count);
        }
        writer.set_length(traces_at, traces);
        let length = texts.writer.len() + writer.len() + 1;
        let mut whole = Writer::behind(self.head.bytes(), payload::memory(), length);
        whole.array(2);
        whole.copy(texts.finish().as_bytes());
        whole.copy(writer.as_bytes());
        let mut bytes = whole.into_bytes();
        self.head.complete(&mut bytes, traces);
        Some(Payload { bytes, spans })
    }
}

/// The string table of a request.
struct Texts<'a> {
    writer: Writer,
    places: HashMap<Cow<'a, str>, u32>,
    /// The length of all strings, counted each time they are used.
    named: usize,
}

impl<'a> Texts<'a> {
    /// The first string is the empty one.
    fn new() -> Self {
        let mut writer = Writer::new();
        writer.open_array();
        writer.text("");
        Self {
            writer,
            places: HashMap::from([("".into(), 0)]),
            named: 0,
        }
    }

    /// The index of a string.
    fn place(&mut self, text: Cow<'a, str>) -> u64 {
        self.named += text.len();
        if let Some(place) = self.places.get(&text) {
            return u64::from(*place);
        }
        let place = self.places.len() as u32;
        self.writer.text(&text);
        self.places.insert(text, place);
        u64::from(place)
    }

    fn finish(mut self) -> Writer {
        self.writer.set_length(1, self.places.len());
        self.writer
    }
}

fn write_span<'a>(
    writer: &mut Writer,
    texts: &mut Texts<'a>,
    span: &'a Span,
    head: &Head,
    first: Option<&'a Head>,
    config: &'a Config,
) {
    writer.array(12);
    let service = span.service.as_deref().unwrap_or_else(|| config.service());
    let resource = span.resource.as_deref().unwrap_or(&span.name);
    for text in [service, &*span.name, resource] {
        writer.number(texts.place(limited(text)));
    }
    writer.number(head.trace_id as u64);
    writer.number(span.id);
    writer.number(span.parent_id);
    writer.number(span.start);
    writer.number(span.duration.unwrap_or_default());
    writer.number(u64::from(span.error));
    let meta = writer.open_map();
    let mut count = 0;
    let mut add = |name: Cow<'a, str>, value: Cow<'a, str>| {
        writer.number(texts.place(name));
        writer.number(texts.place(value));
        count += 1;
    };
    for (name, value) in span.tags.texts() {
        add(name.into(), value.into());
    }
    let mut add_common = |name: &'a str, value: &'a str| add(name.into(), value.into());
    tags::common(span, config, &mut add_common);
    tags::of_service(span, config, &mut add_common);
    if let Some(head) = first {
        tags::first(span, head, &mut |name, value| {
            add(name.to_owned().into(), value.to_owned().into());
        });
    }
    let mut cut = [(tags::DROPPED_LINKS, 0)];
    if !span.links.is_empty() {
        let (list, dropped) = links_tag(&span.links);
        add("_dd.span_links".into(), list.into());
        cut[0].1 = dropped;
    }
    writer.set_length(meta, count);
    let metrics = writer.open_map();
    let first = first.iter().flat_map(|head| tags::first_numbers(head));
    let mut count = 0;
    for (name, number) in tags::numbers(span, cut).chain(first) {
        writer.number(texts.place(name.into()));
        writer.float(number);
        count += 1;
    }
    writer.set_length(metrics, count);
    writer.number(texts.place(limited(&span.kind)));
}

/// The links as a tag, since the format has no field for them. Those that would exceed the limit for a tag are left out and
/// counted.
fn links_tag(links: &[SpanLink]) -> (String, usize) {
    let mut list = b"[".to_vec();
    let mut dropped = 0;
    for link in links {
        let before = list.len();
        if before > 1 {
            list.push(b',');
        }
        links::write_link(&mut list, link);
        if list.len() + 1 > MAX_VALUE {
            list.truncate(before);
            dropped += 1;
        }
    }
    list.push(b']');
    (String::from_utf8(list).unwrap_or_default(), dropped)
}
