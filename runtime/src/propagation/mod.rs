//! Trace context in carriers: reading it, writing it. One file per format.

mod carrier;
mod context;
mod datadog;
mod headers;
mod inject;
mod into_context;
mod payload;
mod step_functions;
mod tracecontext;
pub(crate) mod xray;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;

pub use carrier::Carrier;
pub use context::TraceContext;
pub use inject::{Inject, TraceCarrier};
pub use into_context::IntoTraceContext;

pub(crate) use headers::Headers;
pub(crate) use into_context::from_pairs;
pub(crate) use payload::{add_headers, decode_base64, extract_json, header_value};
pub(crate) use step_functions::ContextObject;

use crate::span::SpanLink;

/// The context of a carrier's headers; `None` if no format finds one.
///
/// Datadog's headers say which trace it is. The W3C headers know the last span, since every vendor updates them, and
/// what other vendors have to say. If they speak of another trace, the span links to it.
pub(crate) fn extract(headers: &Headers<'_>) -> Option<TraceContext> {
    if headers.is_empty() {
        return None;
    }
    let (datadog, w3c) = (datadog::extract(headers), tracecontext::extract(headers));
    let (mut context, w3c) = match (datadog, w3c) {
        (Some(context), Some(w3c)) => (context, w3c),
        (one, other) => return one.or(other),
    };
    if w3c.trace_id != context.trace_id {
        context.links.push(terminated(&w3c, headers));
        return Some(context);
    }
    context.tracestate = w3c.tracestate;
    if w3c.parent_id != context.parent_id {
        let known = Some(context.parent_id).filter(|id| *id != 0);
        context.last_datadog_parent = w3c
            .last_datadog_parent
            .or_else(|| known.map(|id| format!("{id:016x}")));
        context.parent_id = w3c.parent_id;
    }
    Some(context)
}

/// The link to a W3C context whose trace is not gone on with.
fn terminated(w3c: &TraceContext, headers: &Headers<'_>) -> SpanLink {
    let state = headers
        .tracestate
        .as_deref()
        .filter(|state| tracecontext::is_printable(state));
    SpanLink {
        attributes: vec![
            ("reason".into(), "terminated_context".into()),
            ("context_headers".into(), "tracecontext".into()),
        ],
        tracestate: state.unwrap_or_default().to_owned(),
        ..w3c.link()
    }
}

/// What a span tells the processes that it calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    /// Zero injects nothing.
    pub(crate) trace_id: u128,
    /// The active span. Zero injects nothing.
    pub(crate) span_id: u64,
    pub(crate) priority: i32,
    pub(crate) origin: Option<&'a str>,
    /// The trace's `_dd.p.*` tags, without `_dd.p.tid`; tags of other names are not passed on.
    pub(crate) tags: &'a [(String, String)],
    /// The `tracestate` members of other vendors.
    pub(crate) tracestate: Option<&'a str>,
}

/// Writes `context` into a carrier, in every format.
///
/// # Errors
///
/// The value for the tag `_dd.propagation_error` if the `_dd.p.*` tags could not be written; all else was.
pub(crate) fn inject(context: &Outgoing<'_>, into: &mut dyn Inject) -> Result<(), &'static str> {
    if context.trace_id == 0 || context.span_id == 0 {
        return Ok(());
    }
    tracecontext::inject(context, into);
    datadog::inject(context, into)
}
