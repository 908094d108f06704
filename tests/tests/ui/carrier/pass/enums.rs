#![deny(warnings)]

use ddlambda::{Carrier, TraceCarrier};

#[derive(Clone, TraceCarrier)]
#[allow(dead_code)]
enum Message {
    Placed {
        id: u64,
        #[trace_carrier]
        headers: Carrier,
    },
    Returned(#[trace_carrier] Option<Carrier>, u64),
    Event {
        traceparent: String,
        #[trace_carrier]
        more: Carrier,
    },
    Ping,
    Text(String),
}

#[derive(TraceCarrier)]
enum AllCarry {
    A(#[trace_carrier] Carrier),
    B(#[trace_carrier] Carrier),
}

fn count(carrier: &mut impl TraceCarrier) -> usize {
    carrier.set("traceparent", "1".to_owned());
    let mut count = 0;
    carrier.each(&mut |_, _| count += 1);
    count
}

fn main() {
    let messages = [
        (Message::Placed { id: 1, headers: Carrier::default() }, 1),
        (Message::Returned(None, 1), 1),
        (Message::Event { traceparent: String::new(), more: Carrier::default() }, 2),
        (Message::Ping, 0),
        (Message::Text(String::new()), 0),
    ];
    for (mut message, expected) in messages {
        assert_eq!(count(&mut message), expected);
    }
    assert_eq!(count(&mut AllCarry::A(Carrier::default())), 1);
    assert_eq!(count(&mut AllCarry::B(Carrier::default())), 1);
}
