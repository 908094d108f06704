use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
struct Order {
    #[trace_carrier]
    #[trace_carrier]
    headers: Carrier,
}

fn main() {}
