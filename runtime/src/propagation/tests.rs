//! Limits and bad input, beyond what the shared vectors cover.

use super::{from_pairs, inject, Outgoing, TraceContext};
use std::collections::BTreeMap;

const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456";

fn datadog(tags: &str) -> TraceContext {
    from_pairs([("x-datadog-trace-id", "5"), ("x-datadog-tags", tags)]).unwrap()
}

fn w3c(flags: &str, state: &str) -> TraceContext {
    let parent = format!("{PARENT}-{flags}");
    from_pairs([("traceparent", parent.as_str()), ("tracestate", state)]).unwrap()
}

fn tag<'c>(context: &'c TraceContext, name: &str) -> Option<&'c str> {
    let found = context.tags.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn bad_tags_are_dropped_and_noted() {
    for tid in [
        "6",
        "0000000000000000",
        "ABCDEF0123456789",
        "+123456789012345",
        "é2345678901234",
    ] {
        let context = datadog(&format!("_dd.p.tid={tid},_dd.p.a=1"));
        assert_eq!(context.trace_id(), 5, "{tid}");
        let noted = format!("malformed_tid {tid}");
        assert_eq!(tag(&context, "_dd.propagation_error"), Some(noted.as_str()));
        assert_eq!(tag(&context, "_dd.p.a"), Some("1"));
    }
    let long = datadog(&format!(
        "_dd.p.tid=65e1f2a300000000,_dd.p.a={}",
        "x".repeat(500)
    ));
    assert_eq!(long.trace_id(), 5);
    assert_eq!(
        tag(&long, "_dd.propagation_error"),
        Some("extract_max_size")
    );
    for bad in [
        "_dd.p.a",
        "_dd.p.=1",
        "_dd.p.a=",
        "_dd.p.a=é",
        "_dd.p.dm=-256",
        "_dd.p.dm=-+1",
    ] {
        let context = datadog(bad);
        assert_eq!(context.tags.len(), 1, "{bad}");
        assert_eq!(
            tag(&context, "_dd.propagation_error"),
            Some("decoding_error")
        );
    }
}

#[test]
fn the_sampled_flag_overrules_the_decision_and_its_maker() {
    let up = w3c("01", "dd=s:-1;t.dm:-4");
    assert_eq!(
        (up.sampling_priority(), tag(&up, "_dd.p.dm")),
        (Some(1), Some("-0"))
    );
    let down = w3c("00", "dd=s:2;t.dm:-4");
    assert_eq!(
        (down.sampling_priority(), tag(&down, "_dd.p.dm")),
        (Some(0), None)
    );
    let agreed = w3c("01", "dd=s:2;t.dm:-4;t.tid:1111111111111111");
    assert_eq!(
        (agreed.sampling_priority(), tag(&agreed, "_dd.p.dm")),
        (Some(2), Some("-4"))
    );
    assert_eq!(w3c("00", "dd=o:rum").sampling_priority(), None);
    assert_eq!(w3c("01", "dd=s:2,é=1").sampling_priority(), Some(1));
}

#[test]
fn a_terminated_context_is_linked_with_its_state() {
    let parent = format!("{PARENT}-01");
    let context = from_pairs([
        ("x-datadog-trace-id", "5"),
        ("traceparent", parent.as_str()),
        ("tracestate", "dd=s:2,foo=1"),
    ])
    .unwrap();
    let link = &context.links[0];
    assert_eq!((context.trace_id(), context.parent_id()), (5, 0));
    assert_eq!(
        (link.tracestate.as_str(), link.flags),
        ("dd=s:2,foo=1", Some(1))
    );
}

#[test]
fn what_does_not_fit_is_left_out() {
    let send = |tags: &[(String, String)]| {
        let mut sent = BTreeMap::new();
        let outgoing = Outgoing {
            trace_id: 5,
            span_id: 6,
            priority: 1,
            origin: None,
            tags,
            tracestate: None,
        };
        let result = inject(&outgoing, &mut sent);
        (result, sent)
    };
    let tag = |name: &str, value: String| (name.to_owned(), value);

    let (result, sent) = send(&[
        tag("_dd.p.a", "x".repeat(600)),
        tag("_dd.p.b", "1".to_owned()),
    ]);
    assert_eq!(result, Err("inject_max_size"));
    assert_eq!(sent["tracestate"], "dd=s:1;p:0000000000000006;t.b:1");
    assert!(!sent.contains_key("x-datadog-tags") && sent.len() == 5);

    let (result, _) = send(&[tag("_dd.p.a", "1,2".to_owned())]);
    assert_eq!(result, Err("encoding_error"));

    let (result, sent) = send(&[tag("_dd.propagation_error", "decoding_error".to_owned())]);
    assert_eq!(result, Ok(()));
    assert!(!sent.contains_key("x-datadog-tags") && sent["tracestate"].ends_with("06"));
}
