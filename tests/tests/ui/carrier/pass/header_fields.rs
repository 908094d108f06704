#![deny(warnings)]

use ddlambda::TraceCarrier;
use serde::Deserialize;

#[derive(Default, Deserialize, TraceCarrier)]
#[allow(dead_code)]
struct CloudEvent<T> {
    id: String,
    traceparent: Option<String>,
    tracestate: String,
    #[serde(default, rename = "x-datadog-trace-id")]
    trace: std::option::Option<std::string::String>,
    #[serde(rename(serialize = "out", deserialize = "X-Datadog-Parent-Id"), default)]
    parent: String,
    x_datadog_sampling_priority: String,
    #[trace_carrier]
    baggage: Option<String>,
    /// Not a header, whatever its name: it is not marked.
    b3: String,
    /// Nor this: it is not text.
    #[serde(skip)]
    x_datadog_origin: u64,
    data: T,
}

fn main() {
    let mut event = CloudEvent::<u8>::default();
    let names = [
        "traceparent",
        "tracestate",
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-sampling-priority",
        "baggage",
    ];
    for name in names {
        event.set(name, name.to_uppercase());
    }
    event.set("b3", "1".to_owned());
    event.set("x-datadog-origin", "rum".to_owned());
    assert_eq!(event.trace.as_deref(), Some("X-DATADOG-TRACE-ID"));

    let mut seen = Vec::new();
    event.each(&mut |name, value| {
        assert_eq!(name.to_uppercase(), value);
        seen.push(name.to_owned());
    });
    assert_eq!(seen, names);
}
