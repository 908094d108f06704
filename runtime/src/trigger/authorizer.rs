//! What the authorizer of an API passes on to the function behind it: its trace context, and when it ended.
//!
//! An authorizer that is traced by this library or another of Datadog's returns them as `_datadog` in its context, which
//! API Gateway passes to the function. A REST or WebSocket API gets a span for the authorizer, above its own.

use super::http::text;
use super::inferred::{Ends, Inferred};
use super::Event;
use crate::json::Json;
use crate::propagation::{decode_base64, extract_json, TraceContext};
use crate::span::id;

/// What the authorizer has passed on for this request.
pub(super) struct Authorizer {
    /// The trace context, whose parent is the span of the API that called the authorizer.
    context: TraceContext,
    /// Nanoseconds since the Unix epoch.
    pub(super) ended: Option<u64>,
    /// How long the API waited for the authorizer, in nanoseconds.
    latency: u64,
}

impl Authorizer {
    /// Boxed, as it is rare.
    pub(super) fn read(event: &Event<'_>) -> Option<Box<Self>> {
        let request = event.request.as_ref()?;
        let shown = request.authorizer?;
        if !event.config.decode_authorizer_context {
            return None;
        }
        // HTTP APIs nest it by the kind of authorizer.
        let passed_on = shown
            .get("_datadog")
            .or_else(|| shown.get("lambda")?.get("_datadog"))?;
        let passed_on = decode_base64(passed_on.as_str()?.as_bytes())?;
        let passed_on = Json::new(&passed_on);
        let latency = shown.get("integrationLatency").and_then(number);
        let latency = latency.filter(|millis| *millis > 0.0);
        let authorized = passed_on
            .get_ignore_case("x-datadog-authorizing-requestid")
            .and_then(|id| id.as_text());
        let requested = text(request.request_id);
        // A cached result belongs to the trace of another request.
        if latency.is_none() && authorized != requested {
            return None;
        }
        Some(Box::new(Self {
            context: extract_json(passed_on)?,
            ended: passed_on
                .get_ignore_case("x-datadog-parent-span-finish-time")
                .and_then(time),
            latency: (latency.unwrap_or(0.0) * NANOS_PER_MILLI) as u64,
        }))
    }

    /// Puts the span of the authorizer above that of its API. The API received the request at `received`; its span now
    /// starts when the authorizer's ends.
    fn above(&self, mut api: Inferred, received: Option<u64>) -> Vec<Inferred> {
        let Some(start) = self.ended else {
            return vec![api];
        };
        let answered = received.map_or(start, |time| time.saturating_add(self.latency));
        let end = answered.clamp(start, LATEST);
        let mut span = api.span.clone();
        span.id = id::span_id();
        span.name = NAME.into();
        span.start = start;
        span.tags.set("operation_name", NAME);
        span.tags.set("_inferred_span.synchronicity", "sync");
        api.span.start = end;
        let authorizer = Inferred {
            span,
            ends: Ends::At(end),
        };
        vec![authorizer, api]
    }
}

/// The context of a request: the authorizer's, which continues the one in the headers, or else the latter.
pub(super) fn context(authorizer: Option<&Authorizer>, event: &Event<'_>) -> Option<TraceContext> {
    let passed_on = authorizer.map(|authorizer| authorizer.context.clone());
    TraceContext::or_else(passed_on, || event.headers.context())
}

const NAME: &str = "aws.apigateway.authorizer";
const NANOS_PER_MILLI: f64 = 1e6;
/// Times after the year 2262 cannot be sent.
const LATEST: u64 = i64::MAX as u64;

/// Parses a number, or a string that contains one.
fn number(value: Json<'_>) -> Option<f64> {
    let text = || Json::new(value.as_str()?.as_bytes()).as_f64();
    value.as_f64().or_else(text)
}

/// Parses a time in nanoseconds since the Unix epoch. Older tracers wrote milliseconds, with or without a fraction.
fn time(value: Json<'_>) -> Option<u64> {
    /// In the year 5138 if read as milliseconds, on the second day of the epoch if read as nanoseconds.
    const NANOS_FROM: f64 = 1e14;
    let about = number(value)?;
    let nanos = if about < NANOS_FROM {
        (about * NANOS_PER_MILLI) as u64
    } else {
        let exact = value.as_text().and_then(|digits| digits.parse().ok());
        exact.unwrap_or(about as u64)
    };
    (1..=LATEST).contains(&nanos).then_some(nanos)
}

/// The span of an API, below that of the authorizer whose context it continues, if there is one.
pub(super) fn below(
    authorizer: Option<&Authorizer>,
    api: Inferred,
    received: Option<u64>,
) -> Vec<Inferred> {
    match authorizer {
        Some(authorizer) => authorizer.above(api, received),
        None => vec![api],
    }
}
