#![deny(warnings)]

use ddlambda::{Carrier, TraceCarrier};
use std::fmt::Debug;

#[derive(TraceCarrier)]
struct Envelope<'a, T: Debug, const N: usize>
where
    T: Clone,
{
    _names: [&'a str; N],
    #[trace_carrier]
    detail: T,
}

#[derive(Clone, Debug, Default, TraceCarrier)]
struct Detail {
    #[trace_carrier]
    _datadog: Carrier,
}

/// The parameter is not part of a carrier, so nothing is asked of it.
#[derive(TraceCarrier)]
struct Unrelated<T> {
    _payload: T,
    #[trace_carrier]
    carrier: Option<Carrier>,
}

fn main() {
    let mut envelope = Envelope { _names: ["a"], detail: Detail::default() };
    envelope.set("traceparent", "1".to_owned());
    let mut unrelated = Unrelated { _payload: (), carrier: None };
    envelope.each(&mut |name, value| match name {
        "traceparent" => unrelated.set("traceparent", value.to_owned()),
        other => panic!("{other}"),
    });
    assert!(unrelated.carrier.is_some());
}
