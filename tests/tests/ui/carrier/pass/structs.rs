#![deny(warnings)]

use ddlambda::{Carrier, TraceCarrier};

#[derive(Default, TraceCarrier)]
struct Named {
    #[allow(dead_code)]
    id: u64,
    #[trace_carrier]
    _datadog: Carrier,
}

#[derive(Default, TraceCarrier)]
struct Tuple(#[allow(dead_code)] u64, #[trace_carrier] Option<Carrier>);

#[derive(Default, TraceCarrier)]
struct Nested {
    #[trace_carrier]
    envelope: Box<Tuple>,
    #[trace_carrier]
    r#type: Option<Named>,
}

fn headers(carrier: &impl TraceCarrier) -> Vec<String> {
    let mut headers = Vec::new();
    carrier.each(&mut |name, value| headers.push(format!("{name}={value}")));
    headers
}

fn check(mut carrier: impl TraceCarrier + Default, expected: &[&str]) {
    assert!(headers(&carrier).is_empty());
    carrier.set("traceparent", "1".to_owned());
    assert_eq!(headers(&carrier), expected);
}

fn main() {
    check(Named::default(), &["traceparent=1"]);
    check(Tuple::default(), &["traceparent=1"]);
    check(Nested::default(), &["traceparent=1", "traceparent=1"]);
}
