//! One JSON line per chunk on standard output, which the Datadog Forwarder reads: for functions without extension or agent.

use super::links;
use super::losses::warn_dropped;
use super::payload::Payload;
use super::unencoded::Unencoded;
use super::{tags, Format};
use crate::config::Config;
use crate::json::write::Object;
use crate::json::written;
use crate::span::{limited, Head, Span, MAX_LINKS};

/// CloudWatch cuts events at 256 KiB; the reference libraries keep their lines to a quarter of that.
const MAX_LINE: usize = 64 * 1024;

/// The limits for a span that would not fit: the bytes of its tags as written, the length of one tag, and the number of
/// links.
const MAX_TAGS: usize = 32 * 1024;
const MAX_TAG: usize = 1_000;
const MAX_KEPT_LINKS: usize = 16;

/// The format: one JSON document per line.
pub(super) struct LogLines;

const BEGIN: &[u8] = b"{\"traces\":[[";
const END: &[u8] = b"]]}\n";

impl Format for LogLines {
    fn next(&self, left: &mut Unencoded<'_>, config: &Config) -> Option<Payload> {
        while let Some((head, spans)) = left.chunk() {
            let mut line = BEGIN.to_vec();
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
                    line.push(b',');
                }
                line.extend(text);
                (passed, count) = (passed + 1, count + 1);
            }
            left.pass(passed);
            if passed > count {
                let what =
                    format_args!("spans longer than {MAX_LINE} bytes do not fit into a log line");
                warn_dropped((passed - count) as u64, what);
            }
            if count > 0 {
                line.extend(END);
                return Some(Payload {
                    bytes: line,
                    spans: count,
                });
            }
        }
        None
    }
}

/// A span that fits on a line: complete, or else without some of its tags; `None` if even that is too long.
fn json(span: &Span, head: &Head, first: bool, config: &Config) -> Option<Vec<u8>> {
    let fits = |text: &Vec<u8>| BEGIN.len() + text.len() + END.len() <= MAX_LINE;
    let whole = write_span(span, head, first, None, config);
    if fits(&whole) {
        return Some(whole);
    }
    let kept = Kept::of(span);
    Some(write_span(span, head, first, Some(&kept), config)).filter(fits)
}

/// The tags that a span keeps if all of them would be too long.
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

/// If `kept` is `None`, all tags and links are written.
fn write_span(
    span: &Span,
    head: &Head,
    first: bool,
    kept: Option<&Kept<'_>>,
    config: &Config,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    for (name, id) in [
        ("trace_id", head.trace_id as u64),
        ("span_id", span.id),
        ("parent_id", span.parent_id),
    ] {
        object.raw(name, format_args!("\"{id:016X}\""));
    }
    let service = span.service.as_deref().unwrap_or_else(|| config.service());
    object.text("service", &limited(service));
    let resource = span.resource.as_deref().unwrap_or(&span.name);
    object.text("resource", &limited(resource));
    object.text("name", &limited(&span.name));
    if !span.kind.is_empty() {
        object.text("type", &limited(&span.kind));
    }
    for (name, number) in [
        ("error", u64::from(span.error)),
        ("start", span.start),
        ("duration", span.duration.unwrap_or_default()),
    ] {
        object.raw(name, format_args!("{number}"));
    }
    let first = first.then_some(head);
    write_meta(object.name("meta"), span, first, kept, config);
    // A batch of S3 or DynamoDB records can have thousands of links, which would leave no room for their span.
    let most = match kept {
        Some(_) => MAX_KEPT_LINKS,
        None => MAX_LINKS,
    };
    let known = span.links.len().min(most);
    let cut = [
        (tags::DROPPED_TAGS, kept.map_or(0, |kept| kept.dropped)),
        (tags::DROPPED_LINKS, span.links.len() - known),
    ];
    write_metrics(object.name("metrics"), span, first, cut);
    if known > 0 {
        links::write(object.name("span_links"), &span.links[..known]);
    }
    object.close();
    out
}

/// `first` is set for the first span of a line.
fn write_meta(
    out: &mut Vec<u8>,
    span: &Span,
    first: Option<&Head>,
    kept: Option<&Kept<'_>>,
    config: &Config,
) {
    let mut meta = Object::open(out);
    let mut add = |name: &str, text: &str| meta.text(name, text);
    match kept {
        Some(kept) => kept.texts.iter().for_each(|(name, text)| add(name, text)),
        None => span.tags.texts().for_each(|(name, text)| add(name, text)),
    }
    tags::common(span, config, &mut add);
    tags::of_service(span, config, &mut add);
    if let Some(head) = first {
        tags::first(span, head, &mut add);
    }
    meta.close();
}

fn write_metrics(
    out: &mut Vec<u8>,
    span: &Span,
    first: Option<&Head>,
    cut: [(&'static str, usize); 2],
) {
    let mut metrics = Object::open(out);
    for (name, number) in tags::numbers(span, cut) {
        metrics.float(name, number);
    }
    for (name, number) in first.iter().flat_map(|head| tags::first_numbers(head)) {
        metrics.float(name, number);
    }
    metrics.close();
}
