use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
#[trace_carrier]
struct Order {
    headers: Carrier,
}

fn main() {}
