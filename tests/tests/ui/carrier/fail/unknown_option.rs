use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
#[trace_carrier(name = "orders")]
struct Order {
    #[trace_carrier]
    _datadog: Carrier,
}

fn main() {}
