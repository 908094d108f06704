//! One JSON line per chunk on standard output, where the Datadog Forwarder finds it: for functions without extension
//! and agent.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::left::Left;
use super::links::Links;
use super::payload::Payload;
use super::{tags, Format};
use crate::config::Config;
use crate::json::written;
use crate::span::{limited, Head, Span};

/// CloudWatch cuts events at 256 KiB; the reference libraries keep their lines to a quarter of that.
const MAX_LINE: usize = 64 * 1024;

/// More links than this leave no room for their span. A batch of S3 or DynamoDB can have thousands.
const MAX_LINKS: usize = 128;

/// What a span that would be too long keeps of its tags, in bytes as they are written, the longest of them, and how many
/// links.
const MAX_TAGS: usize = 32 * 1024;
const MAX_TAG: usize = 1_000;
const MAX_KEPT_LINKS: usize = 16;

/// One line after the other.
pub(super) struct LogLines;

const BEGIN: &str = "{\"traces\":[[";
const END: &str = "]]}\n";

impl Format for LogLines {
    fn next(&self, left: &mut Left<'_>, config: &Config) -> Option<Payload> {
        while let Some((head, spans)) = left.chunk() {
            let mut line = BEGIN.to_owned();
            let (mut passed, mut count) = (0, 0);
            for span in spans {
                let Some(text) = json(span, head, count == 0, config) else {
                    passed += 1;
                    continue;
                };
                if line.len() + 1 + text.len() + END.len() > MAX_LINE && count > 0 {
                    break;
                }
                if count > 0 {
                    line.push(',');
                }
                line.push_str(&text);
                (passed, count) = (passed + 1, count + 1);
            }
            left.pass(passed);
            if passed > count {
                let dropped = passed - count;
                tracing::warn!(target: "ddlambda", dropped, "spans longer than {MAX_LINE} bytes do not fit into a log line");
            }
            if count > 0 {
                line.push_str(END);
                let bytes = line.into_bytes();
                return Some(Payload {
                    bytes,
                    spans: count,
                });
            }
        }
        None
    }
}

/// A span that has room in a line: whole, or else without some of its tags; `None` if that is not enough.
fn json(span: &Span, head: &Head, first: bool, config: &Config) -> Option<String> {
    let json = |kept| {
        let span = SpanJson {
            span,
            head,
            first,
            kept,
            config,
        };
        serde_json::to_string(&span).ok()
    };
    let fits = |text: &String| BEGIN.len() + text.len() + END.len() <= MAX_LINE;
    let whole = json(None).filter(fits);
    whole.or_else(|| json(Some(Kept::of(span))).filter(fits))
}

/// The tags that a span keeps which would be too long with all of them.
struct Kept<'a> {
    texts: Vec<(&'a str, &'a str)>,
    dropped: usize,
}

impl<'a> Kept<'a> {
    fn of(span: &'a Span) -> Self {
        let (mut texts, mut dropped, mut room) = (Vec::new(), 0, MAX_TAGS);
        for (name, text) in span.tags.texts() {
            let length = written(name) + written(text);
            if length <= MAX_TAG.min(room) {
                texts.push((name, text));
                room -= length;
            } else {
                dropped += 1;
            }
        }
        Self { texts, dropped }
    }
}

struct SpanJson<'a> {
    span: &'a Span,
    head: &'a Head,
    first: bool,
    /// `None` for all tags and links.
    kept: Option<Kept<'a>>,
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
        let service = span.service.as_deref().unwrap_or_else(|| config.service());
        map.serialize_entry("service", &limited(service))?;
        map.serialize_entry(
            "resource",
            &limited(span.resource.as_deref().unwrap_or(&span.name)),
        )?;
        map.serialize_entry("name", &limited(&span.name))?;
        if !span.kind.is_empty() {
            map.serialize_entry("type", &limited(&span.kind))?;
        }
        map.serialize_entry("error", &u8::from(span.error))?;
        map.serialize_entry("start", &span.start)?;
        map.serialize_entry("duration", &span.duration.unwrap_or_default())?;
        map.serialize_entry("meta", &Meta(self))?;
        map.serialize_entry("metrics", &Metrics(self))?;
        if !span.links.is_empty() {
            let most = match self.kept {
                Some(_) => MAX_KEPT_LINKS,
                None => MAX_LINKS,
            };
            let known = span.links.len().min(most);
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
            kept,
            config,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        match kept {
            Some(kept) => {
                for (name, text) in &kept.texts {
                    map.serialize_entry(name, text)?;
                }
            }
            None => {
                for (name, text) in span.tags.texts() {
                    map.serialize_entry(name, text)?;
                }
            }
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
        if let Some(kept) = &self.0.kept {
            map.serialize_entry(tags::DROPPED_TAGS, &kept.dropped)?;
        }
        if self.0.first {
            for (name, number) in tags::first_numbers(self.0.head) {
                map.serialize_entry(name, &number)?;
            }
        }
        map.end()
    }
}
