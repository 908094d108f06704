//! One JSON line per chunk on standard output, where the Datadog Forwarder finds it: for functions without extension
//! and agent.

use std::io::Write;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::losses::{self, Undelivered};
use super::tags;
use crate::config::Config;
use crate::span::{limited, Chunk, Head, Span, SpanLink, Text};

/// CloudWatch cuts events at 256 KiB; the reference libraries keep their lines to a quarter of that.
const MAX_LINE: usize = 64 * 1024;

/// More links than this leave no room for their span. A batch of S3 or DynamoDB can have thousands.
const MAX_LINKS: usize = 128;

/// Writes every chunk; a span that alone exceeds the limit of a line is dropped and counted.
pub(super) fn write(chunks: &[Chunk], config: &Config) {
    for line in chunks.iter().flat_map(|chunk| lines(chunk, config)) {
        let written = std::io::stdout().lock().write_all(line.text.as_bytes());
        losses::note(written.map_err(Undelivered::Failed), line.spans);
    }
}

struct Line {
    text: String,
    spans: usize,
}

const BEGIN: &str = "{\"traces\":[[";
const END: &str = "]]}\n";

fn lines(chunk: &Chunk, config: &Config) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut too_long = 0;
    for span in &chunk.spans {
        // A span that begins a line carries the tags of the chunk, so its length is not known before.
        let joined = lines.last().and_then(|line| {
            let text = json(span, &chunk.head, false, config)?;
            (line.text.len() + 1 + text.len() + END.len() <= MAX_LINE).then_some(text)
        });
        if let (Some(text), Some(line)) = (joined, lines.last_mut()) {
            line.text.push(',');
            line.text.push_str(&text);
            line.spans += 1;
            continue;
        }
        match json(span, &chunk.head, true, config) {
            Some(text) if BEGIN.len() + text.len() + END.len() <= MAX_LINE => lines.push(Line {
                text: BEGIN.to_owned() + &text,
                spans: 1,
            }),
            _ => too_long += 1,
        }
    }
    if too_long > 0 {
        tracing::warn!(target: "ddlambda", dropped = too_long, "spans longer than {MAX_LINE} bytes do not fit into a log line");
    }
    for line in &mut lines {
        line.text.push_str(END);
    }
    lines
}

fn json(span: &Span, head: &Head, first: bool, config: &Config) -> Option<String> {
    serde_json::to_string(&SpanJson {
        span,
        head,
        first,
        config,
    })
    .ok()
}

struct SpanJson<'a> {
    span: &'a Span,
    head: &'a Head,
    first: bool,
    config: &'a Config,
}

impl Serialize for SpanJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            span, head, config, ..
        } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", &Hex(head.trace_id as u64))?;
        map.serialize_entry("span_id", &Hex(span.id))?;
        map.serialize_entry("parent_id", &Hex(span.parent_id))?;
        map.serialize_entry(
            "service",
            span.service.as_deref().unwrap_or_else(|| config.service()),
        )?;
        map.serialize_entry(
            "resource",
            &limited(span.resource.as_deref().unwrap_or(&span.name)),
        )?;
        map.serialize_entry("name", &span.name)?;
        if !span.kind.is_empty() {
            map.serialize_entry("type", &span.kind)?;
        }
        map.serialize_entry("error", &u8::from(span.error))?;
        map.serialize_entry("start", &span.start)?;
        map.serialize_entry("duration", &span.duration.unwrap_or_default())?;
        map.serialize_entry("meta", &Meta(self))?;
        map.serialize_entry("metrics", &Metrics(self))?;
        if !span.links.is_empty() {
            let known = span.links.len().min(MAX_LINKS);
            map.serialize_entry("span_links", &Links(&span.links[..known]))?;
        }
        map.end()
    }
}

/// An id as 16 hex digits.
struct Hex(u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016X}", self.0))
    }
}

struct Meta<'a>(&'a SpanJson<'a>);

impl Serialize for Meta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let SpanJson {
            span,
            head,
            first,
            config,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in span.tags.texts() {
            map.serialize_entry(name, text)?;
        }
        let mut result = Ok(());
        let mut add = |name: &str, value: &str| {
            if result.is_ok() {
                result = map.serialize_entry(name, value);
            }
        };
        tags::common(span, config, &mut add);
        tags::of_service(span, config, &mut add);
        if *first {
            tags::first(span, head, &mut add);
        }
        result?;
        map.end()
    }
}

struct Metrics<'a>(&'a SpanJson<'a>);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, number) in self.0.span.tags.numbers() {
            map.serialize_entry(name, &number)?;
        }
        if self.0.first {
            for (name, number) in tags::first_numbers(self.0.head) {
                map.serialize_entry(name, &number)?;
            }
        }
        map.end()
    }
}

struct Links<'a>(&'a [SpanLink]);

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut links = serializer.serialize_seq(Some(self.0.len()))?;
        for link in self.0 {
            links.serialize_element(&LinkJson(link))?;
        }
        links.end()
    }
}

struct Attributes<'a>(&'a [(Text, Text)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct LinkJson<'a>(&'a SpanLink);

impl Serialize for LinkJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", &format_args!("{:032x}", link.trace_id))?;
        map.serialize_entry("span_id", &format_args!("{:016x}", link.span_id))?;
        if !link.attributes.is_empty() {
            map.serialize_entry("attributes", &Attributes(&link.attributes))?;
        }
        if !link.tracestate.is_empty() {
            map.serialize_entry("tracestate", &link.tracestate)?;
        }
        if let Some(flags) = link.flags {
            map.serialize_entry("flags", &flags)?;
        }
        map.end()
    }
}
