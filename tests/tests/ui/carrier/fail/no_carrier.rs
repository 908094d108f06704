use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
struct Order {
    id: u64,
    _datadog: Carrier,
}

fn main() {}
