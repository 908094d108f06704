use ddlambda::{Carrier, TraceCarrier};

#[derive(TraceCarrier)]
enum Message {
    Placed { id: u64, headers: Carrier },
    Ping,
}

fn main() {}
