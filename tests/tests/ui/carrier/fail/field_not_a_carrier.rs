use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
struct Order {
    #[trace_carrier]
    _datadog: Carrier,
    #[trace_carrier]
    headers: Vec<(String, String)>,
}

fn main() {}
