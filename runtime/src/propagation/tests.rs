//! Limits and bad input, beyond what the shared vectors cover.

use super::{extract_with, from_pairs, inject_with, Headers, Outgoing, TraceContext};
use crate::config::Propagation;
use crate::span::SpanLink;
use std::collections::BTreeMap;

const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456";

/// The context extracted from `headers` in these styles, with all other settings at their defaults.
pub(super) fn extracted(styles: &str, headers: &[(&str, &str)]) -> Option<TraceContext> {
    extracted_by(&[("DD_TRACE_PROPAGATION_STYLE", styles)], headers)
}

fn extracted_by(variables: &[(&str, &str)], pairs: &[(&str, &str)]) -> Option<TraceContext> {
    let mut headers = Headers::default();
    for (name, value) in pairs {
        headers.add(name.as_bytes(), || Some((*value).into()));
    }
    extract_with(&headers, &Propagation::of(variables).0)
}

/// The headers that a child span sends in these styles; the context's parent id is its id.
pub(super) fn sent(styles: &str, context: &TraceContext) -> BTreeMap<String, String> {
    let (sent, result) = sent_by(&[("DD_TRACE_PROPAGATION_STYLE", styles)], context);
    assert_eq!(result, Ok(()), "{context:?}");
    sent
}

pub(super) fn sent_by(
    variables: &[(&str, &str)],
    context: &TraceContext,
) -> (BTreeMap<String, String>, Result<(), &'static str>) {
    let mut sent = BTreeMap::new();
    let settings = Propagation::of(variables).0;
    let result = inject_with(&outgoing(context), &settings, &mut sent);
    (sent, result)
}

fn outgoing(context: &TraceContext) -> Outgoing<'_> {
    Outgoing {
        trace_id: context.trace_id,
        span_id: context.parent_id,
        priority: context.sampling_priority.unwrap_or(1),
        origin: context.origin.as_deref(),
        tags: &context.tags,
        tracestate: context.tracestate.as_deref(),
        baggage: &context.baggage,
    }
}

#[test]
fn nothing_is_left_of_a_context_that_was_there_before() {
    let mut tagged = TraceContext::new(5, 6).with_origin("rum");
    tagged.tags = vec![("_dd.p.dm".to_owned(), "-4".to_owned())];
    let plain = TraceContext::new(7, 8);
    let debug = TraceContext::new(7, 8).with_sampling_priority(2);
    for styles in ["datadog", "b3multi"] {
        let settings = Propagation::of(&[("DD_TRACE_PROPAGATION_STYLE", styles)]).0;
        for (first, second) in [(&tagged, &plain), (&plain, &debug), (&debug, &plain)] {
            let mut headers = sent(styles, first);
            headers.insert("baggage".to_owned(), "the=program's".to_owned());
            let _ = inject_with(&outgoing(second), &settings, &mut headers);
            assert_eq!(headers.remove("baggage").as_deref(), Some("the=program's"));
            assert_eq!(headers, sent(styles, second));
        }
    }
}

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
        let mut context = TraceContext::new(5, 6);
        context.tags = tags.to_vec();
        let (sent, result) = sent_by(&[], &context);
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

#[test]
fn the_length_of_the_tags_is_a_setting() {
    let limit = |length| [("DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH", length)];
    let headers = [("x-datadog-trace-id", "5"), ("x-datadog-tags", "_dd.p.a=1")];
    let mut sending = TraceContext::new(5, 6);
    sending.tags = vec![("_dd.p.a".to_owned(), "1".to_owned())];
    for (length, read, written) in [
        ("9", None, Ok(())),
        ("8", Some("extract_max_size"), Err("inject_max_size")),
        ("0", Some("disabled"), Err("disabled")),
    ] {
        let context = extracted_by(&limit(length), &headers).unwrap();
        assert_eq!(tag(&context, "_dd.propagation_error"), read, "{length}");
        assert_eq!(
            tag(&context, "_dd.p.a").is_some(),
            read.is_none(),
            "{length}"
        );
        let (sent, result) = sent_by(&limit(length), &sending);
        assert_eq!(result, written, "{length}");
        assert_eq!(
            sent.contains_key("x-datadog-tags"),
            written.is_ok(),
            "{length}"
        );
    }
    sending.tags.clear();
    assert_eq!(sent_by(&limit("0"), &sending).1, Ok(()));
}

#[test]
fn of_a_tag_that_comes_twice_the_last_counts() {
    let context = datadog("_dd.p.a=1,_dd.p.b=2,_dd.p.a=3");
    assert_eq!(context.tags.len(), 2);
    assert_eq!(tag(&context, "_dd.p.a"), Some("3"));
}

#[test]
fn members_that_are_none_and_those_that_do_not_fit_are_not_passed_on() {
    let state = |text: &str| w3c("01", text).tracestate;
    for (text, kept) in [
        ("a=1 , b=2,,\tc=3", Some("a=1,b=2,c=3")),
        ("a=1,dd=s:1,b=2,a=3,dd=s:2", Some("a=1,b=2")),
        ("1t@x-_*/= !~", Some("1t@x-_*/= !~")),
        ("A=1,=1,a,a=,a b=1,é=1", None),
        ("b=1=,c=2", Some("c=2")),
        ("x=1,ot=rv:1;th:8", Some("x=1,ot=th:8")),
    ] {
        assert_eq!(state(text).as_deref(), kept, "{text}");
    }
    let members: Vec<String> = (0..40).map(|at| format!("k{at}=v")).collect();
    assert_eq!(state(&members.join(",")), Some(members[..31].join(",")));
    let long: Vec<String> = (0..40)
        .map(|at| format!("k{at}={}", "v".repeat(250)))
        .collect();
    let kept = state(&long.join(",")).unwrap();
    assert!((7_800..=8_192).contains(&kept.len()), "{}", kept.len());
}

#[test]
fn what_is_longer_than_any_tracer_writes_is_not_passed_on() {
    let tags = |count: usize| {
        (0..count)
            .map(|at| format!(";t.k{at:03}:1"))
            .collect::<String>()
    };
    // Of 512 bytes the priority and the parent take 22, and each tag 9.
    for (count, kept) in [(0, 0), (54, 54), (55, 54), (100_000, 54)] {
        let context = w3c("01", &format!("dd=s:1;p:{:016x}{}", 7, tags(count)));
        let (last, count) = (context.last_datadog_parent, context.tags.len());
        assert_eq!((last.as_deref(), count), (Some("0000000000000007"), kept));
    }
    let origin = |length: usize| {
        let origin = "o".repeat(length);
        from_pairs([("x-datadog-trace-id", "5"), ("x-datadog-origin", &origin)]).unwrap()
    };
    assert_eq!(origin(256).origin().map(str::len), Some(256));
    assert_eq!(origin(257).origin(), None);
}

#[test]
fn every_other_trace_is_linked_under_the_name_of_its_style() {
    let headers = [
        ("b3", "00000000000000000000000000000007-0000000000000008-1"),
        ("x-datadog-trace-id", "5"),
        ("x-datadog-parent-id", "6"),
    ];
    let primary = |styles: &str| {
        let context = extracted(styles, &headers).unwrap();
        let style = |link: &SpanLink| (link.trace_id, link.attributes[1].1.clone().into_owned());
        let links: Vec<_> = context.links.iter().map(style).collect();
        (context.trace_id, links)
    };
    assert_eq!(primary("b3,datadog"), (7, vec![(5, "datadog".to_owned())]));
    assert_eq!(primary("datadog,b3"), (5, vec![(7, "b3".to_owned())]));
    assert_eq!(primary("datadog,tracecontext"), (5, vec![]));
    assert_eq!(extracted("none", &headers), None);
}

#[test]
fn a_decision_without_a_trace_gives_way_to_a_trace() {
    let headers = [("b3", "0"), ("x-datadog-trace-id", "5")];
    for styles in ["b3,datadog", "datadog,b3"] {
        let context = extracted(styles, &headers).unwrap();
        assert_eq!((context.trace_id, context.sampling_priority), (5, None));
        assert_eq!(context.links, []);
    }
    let alone = extracted("b3", &headers).unwrap();
    assert_eq!((alone.trace_id, alone.sampling_priority), (0, Some(0)));
}

#[test]
fn baggage_needs_no_trace() {
    let headers = [
        ("baggage", "a=1"),
        ("Baggage", "b=2"),
        ("x-datadog-trace-id", "5"),
    ];
    let context = extracted("datadog,baggage", &headers).unwrap();
    assert_eq!((context.trace_id, context.baggage("b")), (5, Some("2")));
    let context = extracted("baggage", &headers).unwrap();
    assert_eq!((context.trace_id, context.baggage("a")), (0, Some("1")));
    assert_eq!(extracted("datadog", &headers).unwrap().baggage("a"), None);
}

#[test]
fn the_first_style_that_finds_a_trace_may_be_the_only_one() {
    let parent = format!("{PARENT}-01");
    let headers = [
        ("traceparent", parent.as_str()),
        ("x-datadog-trace-id", "5"),
        ("baggage", "a=1"),
    ];
    let styles = (
        "DD_TRACE_PROPAGATION_STYLE",
        "b3,datadog,tracecontext,baggage",
    );
    let first = ("DD_TRACE_PROPAGATION_EXTRACT_FIRST", "true");
    let context = extracted_by(&[styles, first], &headers).unwrap();
    assert_eq!(
        (context.trace_id, context.links.len(), context.baggage("a")),
        (5, 0, Some("1"))
    );
    assert_eq!(extracted_by(&[styles], &headers).unwrap().links.len(), 1);
}
