//! Span links as JSON.

use crate::json::write::Object;
use crate::span::{limited, SpanLink};

/// Writes the links of a span, as a list.
pub(super) fn write(out: &mut Vec<u8>, links: &[SpanLink]) {
    out.push(b'[');
    for (at, link) in links.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_link(out, link);
    }
    out.push(b']');
}

/// Writes one link.
pub(super) fn write_link(out: &mut Vec<u8>, link: &SpanLink) {
    let mut object = Object::open(out);
    object.raw("trace_id", format_args!("\"{:032x}\"", link.trace_id));
    object.raw("span_id", format_args!("\"{:016x}\"", link.span_id));
    if !link.attributes.is_empty() {
        let mut attributes = Object::open(object.name("attributes"));
        for (name, value) in &link.attributes {
            attributes.text(name, &limited(value));
        }
        attributes.close();
    }
    if !link.tracestate.is_empty() {
        object.text("tracestate", &limited(&link.tracestate));
    }
    if let Some(flags) = link.flags {
        object.raw("flags", format_args!("{flags}"));
    }
    object.close();
}
