//! Events that no managed service created: what the caller put into the payload, or beside it.

use super::Event;
use crate::json::Json;
use crate::propagation::{extract, extract_json, from_pairs, Headers, TraceContext};

/// The context of a direct invocation: the `_datadog` in its payload, or Lambda's client context.
///
/// `known` says that a service has recognised the event. Members after its batch are then not searched.
pub(super) fn context(event: &Event<'_>, known: bool) -> Option<TraceContext> {
    let payload = || match known {
        true => extract_json(event.get("_datadog")?),
        false => extract_json(event.find("_datadog")?),
    };
    let found = if known { None } else { late_headers(event) };
    let found = TraceContext::or_else(found, payload);
    TraceContext::or_else(found, || client_context(event))
}

/// The context in headers after the records of an event that no service has recognised.
fn late_headers(event: &Event<'_>) -> Option<TraceContext> {
    match event.get("headers") {
        Some(_) => None,
        None => extract(&Headers::of(event.find("headers")?)),
    }
}

/// The headers that an SDK puts into the client context: one by one or, by older tracers, as one JSON string.
fn client_context(event: &Event<'_>) -> Option<TraceContext> {
    let custom = &event.context.client_context.as_ref()?.custom;
    let nested = custom.get("_datadog");
    nested
        .and_then(|nested| extract_json(Json::new(nested.as_bytes())))
        .or_else(|| from_pairs(custom))
}
