//! The same steps with ddlambda and with `datadog-opentelemetry`, both in their default styles: reading the context of a
//! request, writing that of a span, and both around a span.

pub mod datadog_opentelemetry;
pub mod ddlambda;

use http::HeaderMap;

/// One crate's way.
pub trait Peer {
    /// Sets up what the crate wants set up, once.
    fn init();

    /// Reads the context of a request.
    fn extract(request: &HeaderMap);

    /// Calls `measure` with what writes the context of a span that is open, and continues that of a request, into the
    /// headers of another one.
    fn within(request: &HeaderMap, measure: impl FnOnce(&dyn Fn(&mut HeaderMap)));

    /// Reads the context of a request, opens a span that continues it, writes the context of the span, and ends it.
    fn pass_on(request: &HeaderMap) -> HeaderMap;
}

/// What is measured.
pub const STEPS: [&str; 3] = ["extract", "inject", "extract, span, inject"];

/// Calls `measure` with a step, ready to be done again and again.
pub fn with<P: Peer>(step: &str, measure: impl FnOnce(&dyn Fn())) {
    let request = request();
    match step {
        "extract" => measure(&|| P::extract(&request)),
        "inject" => P::within(&request, |inject| {
            measure(&|| inject(&mut HeaderMap::new()));
        }),
        _ => measure(&|| drop(P::pass_on(&request))),
    }
}

/// A request as a service with a Datadog tracer sends it, behind another vendor's.
pub fn request() -> HeaderMap {
    let headers = [
        ("host", "orders.internal:8080"),
        ("user-agent", "shop/1.4"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, br"),
        ("content-type", "application/json"),
        ("content-length", "512"),
        ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
        ("x-request-id", "7d1c2f9e-2f0f-4b8a-9b38-1b5a1d3a6c55"),
        ("x-datadog-trace-id", "5211111111111111115"),
        ("x-datadog-parent-id", "6322222222222222226"),
        ("x-datadog-sampling-priority", "2"),
        ("x-datadog-tags", "_dd.p.tid=65e1f2a300000000,_dd.p.dm=-4"),
        (
            "traceparent",
            "00-65e1f2a300000000485195f226de71cb-57bd0b9d52a2e392-01",
        ),
        (
            "tracestate",
            "dd=s:2;p:57bd0b9d52a2e392;t.dm:-4,other=00f067aa0ba902b7",
        ),
        ("baggage", "user.id=42,tenant=blue"),
    ];
    let headers = headers.map(|(name, value)| {
        (
            http::HeaderName::from_static(name),
            http::HeaderValue::from_static(value),
        )
    });
    headers.into_iter().collect()
}
