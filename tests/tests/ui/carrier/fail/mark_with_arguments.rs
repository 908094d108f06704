use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
struct Order {
    #[trace_carrier(flatten)]
    headers: Carrier,
}

fn main() {}
