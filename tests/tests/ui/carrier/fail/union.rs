use ddlambda::{Carrier, TraceCarrier};

use std::mem::ManuallyDrop;

#[derive(TraceCarrier)]
union Message {
    carrier: ManuallyDrop<Carrier>,
    number: u64,
}

fn main() {}
