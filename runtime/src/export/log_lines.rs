//! One JSON line per chunk on standard output, where the Datadog Forwarder finds it: for functions without extension
//! and agent.

use std::io::Write;

use super::losses::{self, Undelivered};
use super::tags;
use crate::config::Config;
use crate::json::write::Object;
use crate::span::{limited, Chunk, Head, Span, SpanLink};

/// CloudWatch cuts events at 256 KiB; the reference libraries keep their lines to a quarter of that.
const MAX_LINE: usize = 64 * 1024;

/// More links than this leave no room for their span. A batch of S3 or DynamoDB can have thousands.
const MAX_LINKS: usize = 128;

/// Writes every chunk; a span that alone exceeds the limit of a line is dropped and counted.
pub(super) fn write(chunks: &[Chunk], config: &Config) {
    for line in chunks.iter().flat_map(|chunk| lines(chunk, config)) {
        let written = std::io::stdout().lock().write_all(&line.text);
        losses::note(written.map_err(Undelivered::Failed), line.spans);
    }
}

struct Line {
    text: Vec<u8>,
    spans: usize,
}

const BEGIN: &[u8] = b"{\"traces\":[[";
const END: &[u8] = b"]]}\n";

fn lines(chunk: &Chunk, config: &Config) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut too_long = 0;
    for span in &chunk.spans {
        // A span that begins a line carries the tags of the chunk, so its length is not known before.
        if let Some(line) = lines.last_mut() {
            let text = json(span, &chunk.head, false, config);
            if line.text.len() + 1 + text.len() + END.len() <= MAX_LINE {
                line.text.push(b',');
                line.text.extend(text);
                line.spans += 1;
                continue;
            }
        }
        let text = json(span, &chunk.head, true, config);
        if BEGIN.len() + text.len() + END.len() <= MAX_LINE {
            lines.push(Line {
                text: [BEGIN, &text].concat(),
                spans: 1,
            });
        } else {
            too_long += 1;
        }
    }
    if too_long > 0 {
        tracing::warn!(target: "ddlambda", dropped = too_long, "spans longer than {MAX_LINE} bytes do not fit into a log line");
    }
    for line in &mut lines {
        line.text.extend(END);
    }
    lines
}

fn json(span: &Span, head: &Head, first: bool, config: &Config) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    for (name, id) in [
        ("trace_id", head.trace_id as u64),
        ("span_id", span.id),
        ("parent_id", span.parent_id),
    ] {
        object.raw(name, format_args!("\"{id:016X}\""));
    }
    let service = span.service.as_deref();
    object.text("service", service.unwrap_or_else(|| config.service()));
    let resource = span.resource.as_deref().unwrap_or(&span.name);
    object.text("resource", &limited(resource));
    object.text("name", &span.name);
    if !span.kind.is_empty() {
        object.text("type", &span.kind);
    }
    for (name, number) in [
        ("error", u64::from(span.error)),
        ("start", span.start),
        ("duration", span.duration.unwrap_or_default()),
    ] {
        object.raw(name, format_args!("{number}"));
    }
    write_meta(object.name("meta"), span, head, first, config);
    write_metrics(object.name("metrics"), span, head, first);
    if !span.links.is_empty() {
        write_links(object.name("span_links"), &span.links);
    }
    object.close();
    out
}

fn write_meta(out: &mut Vec<u8>, span: &Span, head: &Head, first: bool, config: &Config) {
    let mut meta = Object::open(out);
    for (name, text) in span.tags.texts() {
        meta.text(name, text);
    }
    let mut add = |name: &str, text: &str| meta.text(name, text);
    tags::common(span, config, &mut add);
    tags::of_service(span, config, &mut add);
    if first {
        tags::first(span, head, &mut add);
    }
    meta.close();
}

fn write_metrics(out: &mut Vec<u8>, span: &Span, head: &Head, first: bool) {
    let mut metrics = Object::open(out);
    for (name, number) in span.tags.numbers() {
        metrics.float(name, number);
    }
    if first {
        for (name, number) in tags::first_numbers(head) {
            metrics.float(name, number);
        }
    }
    metrics.close();
}

fn write_links(out: &mut Vec<u8>, links: &[SpanLink]) {
    out.push(b'[');
    for (at, link) in links.iter().take(MAX_LINKS).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let mut object = Object::open(out);
        object.raw("trace_id", format_args!("\"{:032x}\"", link.trace_id));
        object.raw("span_id", format_args!("\"{:016x}\"", link.span_id));
        if !link.attributes.is_empty() {
            let mut attributes = Object::open(object.name("attributes"));
            for (name, value) in &link.attributes {
                attributes.text(name, value);
            }
            attributes.close();
        }
        if !link.tracestate.is_empty() {
            object.text("tracestate", &link.tracestate);
        }
        if let Some(flags) = link.flags {
            object.raw("flags", format_args!("{flags}"));
        }
        object.close();
    }
    out.push(b']');
}
