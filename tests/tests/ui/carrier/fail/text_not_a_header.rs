use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
struct Order {
    #[trace_carrier]
    trace: String,
    #[trace_carrier]
    _datadog: Carrier,
}

#[derive(TraceCarrier)]
struct Tuple(#[trace_carrier] Option<String>);

fn main() {}
