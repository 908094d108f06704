//! Extracts trace context from carriers and injects it into them. One file per format.

mod b3;
mod baggage;
mod carrier;
mod context;
mod datadog;
mod fields;
mod headers;
mod hex;
mod inject;
mod into_context;
mod ot;
mod payload;
mod step_functions;
mod tracecontext;
pub(crate) mod xray;

#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod tests;

pub use carrier::Carrier;
pub use context::TraceContext;
pub use inject::{Inject, TraceCarrier};
pub use into_context::IntoTraceContext;

pub(crate) use baggage::Baggage;
pub(crate) use headers::Headers;
pub(crate) use into_context::from_pairs;
pub(crate) use payload::{decode_base64, extract_json};
pub(crate) use step_functions::{ContextObject, Nested};

use std::cell::Cell;

use crate::config::{Config, Propagation, Style};
use crate::span::SpanLink;

/// Extracts the context from a carrier's headers; `None` if no format finds one.
///
/// A context without a trace is possible: baggage alone, or a sampling decision.
pub(crate) fn extract(headers: &Headers<'_>) -> Option<TraceContext> {
    match headers.is_empty() {
        true => None,
        false => extract_with(headers, &Config::get().propagation),
    }
}

/// The first format that finds a trace determines it. Later ones add to it, or become links if they found another trace.
fn extract_with(headers: &Headers<'_>, settings: &Propagation) -> Option<TraceContext> {
    let mut found: Option<TraceContext> = None;
    for style in &settings.extract {
        if *style == Style::TraceContext {
            let primary = found.as_mut().filter(|primary| primary.trace_id != 0);
            let joined = primary.and_then(|primary| tracecontext::join(headers, primary));
            if joined.is_some() {
                continue;
            }
        }
        let context = match style {
            Style::Datadog => datadog::extract(headers, settings),
            Style::TraceContext => tracecontext::extract(headers),
            Style::B3 => b3::extract_single(headers),
            Style::B3Multi => b3::extract_multi(headers),
            Style::Baggage => None,
        };
        let Some(mut context) = context else { continue };
        context.style = Some(*style);
        match &mut found {
            Some(primary) if context.trace_id == 0 || primary.trace_id != 0 => {
                primary.join(&context, *style, headers);
            }
            _ => found = Some(context),
        }
        let has_trace = |found: &TraceContext| found.trace_id != 0;
        if settings.extract_first && found.as_ref().is_some_and(has_trace) {
            break;
        }
    }
    if settings.extract.contains(&Style::Baggage) {
        let baggage = baggage::extract(headers, settings);
        if !baggage.is_empty() {
            found.get_or_insert_default().baggage = baggage;
        }
    }
    found
}

impl TraceContext {
    /// Adds a span link to the context of another format, if that found a different trace.
    fn join(&mut self, other: &Self, style: Style, headers: &Headers<'_>) {
        if other.trace_id != 0 && other.trace_id != self.trace_id {
            self.links.push(terminated(other, style, headers));
        }
    }
}

/// The link to a context whose trace is not continued.
fn terminated(context: &TraceContext, style: Style, headers: &Headers<'_>) -> SpanLink {
    let state = headers
        .tracestate
        .as_deref()
        .filter(|state| style == Style::TraceContext && state.len() <= tracecontext::MAX_STATE)
        .filter(|state| tracecontext::is_printable(state));
    SpanLink {
        attributes: vec![
            ("reason".into(), "terminated_context".into()),
            ("context_headers".into(), style.name().into()),
        ],
        tracestate: state.unwrap_or_default().to_owned(),
        ..context.link()
    }
}

/// The context that a span sends to the processes it calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    /// Zero injects nothing.
    pub(crate) trace_id: u128,
    /// The active span. Zero injects nothing.
    pub(crate) span_id: u64,
    pub(crate) priority: i32,
    pub(crate) origin: Option<&'a str>,
    /// The trace's `_dd.p.*` tags, without `_dd.p.tid`; other tags are not propagated.
    pub(crate) tags: &'a [(String, String)],
    /// The `tracestate` members of other vendors.
    pub(crate) tracestate: Option<&'a str>,
    pub(crate) baggage: &'a Baggage,
}

/// Injects `context` into a carrier, in the configured formats.
///
/// # Errors
///
/// The value for the tag `_dd.propagation_error` if the `_dd.p.*` tags could not be written; everything else was.
pub(crate) fn inject(context: &Outgoing<'_>, into: &mut dyn Inject) -> Result<(), &'static str> {
    inject_with(context, &Config::get().propagation, into)
}

thread_local! {
    /// The buffer in which header values are formatted, kept for the next call.
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

/// Enough for most values, such as a `tracestate`.
const TYPICAL: usize = 128;

fn inject_with(
    context: &Outgoing<'_>,
    settings: &Propagation,
    into: &mut dyn Inject,
) -> Result<(), &'static str> {
    let mut result = Ok(());
    if context.trace_id == 0 || context.span_id == 0 {
        return result;
    }
    let mut text = TEXT.try_with(Cell::take).unwrap_or_default();
    text.clear();
    text.reserve(TYPICAL);
    for style in &settings.inject {
        match style {
            Style::Datadog => result = datadog::inject(context, settings, into, &mut text),
            Style::TraceContext => tracecontext::inject(context, into, &mut text),
            Style::B3 => b3::inject_single(context, into),
            Style::B3Multi => b3::inject_multi(context, into),
            Style::Baggage => baggage::inject(context.baggage, settings, into, &mut text),
        }
    }
    // Fails if the thread is being destroyed; then nothing is kept.
    _ = TEXT.try_with(|kept| kept.set(text));
    result
}
