use ddlambda::{Carrier, TraceCarrier};

/// With a mistake it is still a carrier.
#[derive(TraceCarrier)]
struct Order {
    #[trace_carrier = "yes"]
    _datadog: Carrier,
}

fn carrier<T: TraceCarrier>() {}

#[allow(dead_code)]
fn used() {
    carrier::<Order>();
}

fn main() {}
