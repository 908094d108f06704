use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
enum Message {
    #[trace_carrier]
    Placed(Carrier),
    Ping,
}

fn main() {}
