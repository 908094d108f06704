//! Events that no managed service made: what the caller put into the payload, or next to it.

use super::Event;
use crate::json::Json;
use crate::propagation::{extract_json, from_pairs, TraceContext};

/// The context of a direct invocation: HTTP headers in the payload, its `_datadog`, or Lambda's client context.
///
/// `known` tells that the event is one of a known service, whose headers have been read, and whose batch need not be.
pub(super) fn context(event: &Event<'_>, known: bool) -> Option<TraceContext> {
    let headers = || event.headers.context();
    let payload = || match known {
        true => extract_json(event.get("_datadog")?),
        false => extract_json(event.find("_datadog")?),
    };
    let found = if known { None } else { headers() };
    let found = TraceContext::or_else(found, payload);
    TraceContext::or_else(found, || client_context(event))
}

/// The headers that an SDK puts into the client context, flat or, from older tracers, as one JSON text.
fn client_context(event: &Event<'_>) -> Option<TraceContext> {
    let custom = &event.context.client_context.as_ref()?.custom;
    let nested = custom.get("_datadog");
    nested
        .and_then(|nested| extract_json(Json::new(nested.as_bytes())))
        .or_else(|| from_pairs(custom))
}
