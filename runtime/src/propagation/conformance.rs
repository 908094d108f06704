//! Headers in, context and headers out: every case of `fixtures/vectors.json`.
//!
//! A case lists the inbound headers, what the context must be, and what must be true of the headers that a child span
//! sends on. Placeholders such as `${span_id_hex16}` stand for the ids of that child.

use super::{extract, inject, Headers, Outgoing, TraceContext};
use crate::span::SpanLink;
use serde_json::Value;
use std::collections::BTreeMap;

const SPAN_ID: u64 = 0x0123_4567_89ab_cdef;
const NEW_TRACE_ID: u128 = 0x6500_0000_0000_0000_0fed_cba9_8765_4321;

#[test]
fn every_vector_passes() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/vectors.json")).unwrap();
    let failures: Vec<String> = cases.iter().flat_map(run).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(cases.len(), 74);
}

fn run(case: &Value) -> Vec<String> {
    let mut headers = Headers::default();
    for pair in case["inbound"].as_array().unwrap() {
        headers.add(text(&pair[0]).as_bytes(), || Some(text(&pair[1]).into()));
    }
    let extracted = extract(&headers);
    let fresh = extracted.is_none();
    let context = extracted.unwrap_or_else(|| TraceContext::new(NEW_TRACE_ID, 0));
    let mut sent = BTreeMap::new();
    let outgoing = Outgoing {
        trace_id: context.trace_id,
        span_id: SPAN_ID,
        priority: context.sampling_priority.unwrap_or(1),
        origin: context.origin.as_deref(),
        tags: &context.tags,
        tracestate: context.tracestate.as_deref(),
    };
    inject(&outgoing, &mut sent).unwrap();

    let mut failures = Vec::new();
    let mut check = |fact: String, holds: bool| {
        if !holds {
            failures.push(format!(
                "{}: {fact}; {context:?} {sent:?}",
                text(&case["name"])
            ));
        }
    };
    for (fact, wanted) in case["expect"].as_object().unwrap() {
        check(
            format!("{fact} {wanted}"),
            expected(fact, wanted, &context, fresh),
        );
    }
    for (header, assertions) in case["outbound"].as_object().unwrap() {
        for assertion in assertions.as_array().unwrap() {
            let wanted = fill(&assertion["value"], context.trace_id);
            let holds = outbound(text(&assertion["op"]), &wanted, sent.get(header), &sent);
            check(format!("{header} {} {wanted}", assertion["op"]), holds);
        }
    }
    failures
}

fn expected(fact: &str, wanted: &Value, context: &TraceContext, fresh: bool) -> bool {
    let hex = format!("{:032x}", context.trace_id);
    let parent = (context.parent_id != 0).then(|| context.parent_id.to_string());
    match fact {
        "trace_id_128_hex" => hex == text(wanted),
        "new_trace" => fresh,
        "trace_id_not" => list(wanted).all(|id| hex != id),
        "trace_id_shape" => fresh,
        "parent_id" => parent.as_deref() == wanted.as_str(),
        "priority" => context.sampling_priority.map(i64::from) == wanted.as_i64(),
        "priority_not" => context.sampling_priority.map(i64::from) != wanted.as_i64(),
        "origin" => context.origin.as_deref() == wanted.as_str(),
        "origin_any" => list(wanted).any(|origin| context.origin.as_deref() == Some(origin)),
        "tags" => pairs(wanted).all(|(name, value)| tag(context, name).as_deref() == Some(value)),
        "tags_not" => {
            pairs(wanted).all(|(name, value)| tag(context, name).as_deref() != Some(value))
        }
        "tags_absent" => list(wanted).all(|name| tag(context, name).is_none()),
        "span_links" => {
            let links: Vec<Value> = context.links.iter().map(link).collect();
            &Value::from(links) == wanted
        }
        _ => panic!("unknown fact {fact}"),
    }
}

/// The tags of the local root.
fn tag(context: &TraceContext, name: &str) -> Option<String> {
    match name {
        "_dd.parent_id" => context.last_datadog_parent.clone(),
        "_dd.p.tid" => Some(format!("{:016x}", context.trace_id >> 64)),
        _ => context
            .tags
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone()),
    }
}

fn link(link: &SpanLink) -> Value {
    let attributes: BTreeMap<_, _> = link
        .attributes
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    serde_json::json!({
        "trace_id_128_hex": format!("{:032x}", link.trace_id),
        "span_id": link.span_id.to_string(),
        "attributes": attributes,
    })
}

fn outbound(
    op: &str,
    wanted: &Value,
    header: Option<&String>,
    sent: &BTreeMap<String, String>,
) -> bool {
    let Some(header) = header else {
        return matches!(
            op,
            "absent" | "not_empty_if_present" | "dd_no_item_prefix" | "every_item_mirrored_in_dd"
        );
    };
    let parts: Vec<&str> = header.split('-').collect();
    let mut items = header.split(',').map(str::trim);
    let members = || {
        header
            .split(',')
            .filter_map(|member| member.split_once('='))
    };
    let dd: Vec<&str> = dd_items(sent.get("tracestate").map_or("", String::as_str));
    let has = |item: &Value| dd.contains(&text(item));
    let none_starts_with = |prefix: &Value| dd.iter().all(|item| !item.starts_with(text(prefix)));
    match op {
        "absent" => false,
        "present" => true,
        "eq" => header == text(wanted),
        "ne" => header != text(wanted),
        "contains" => header.contains(text(wanted)),
        "any_of" => list(wanted).any(|one| header.contains(one)),
        "not_empty_if_present" => !header.is_empty(),
        "list_has" => items.any(|item| item == text(wanted)),
        "list_no_prefix" => items.all(|item| !item.starts_with(text(wanted))),
        "list_len" => Some(items.count() as u64) == wanted.as_u64(),
        "list_first_prefix" => header.starts_with(text(wanted)),
        "list_eq_unordered" => sorted(items.collect()) == sorted(list(wanted).collect()),
        "tp_trace_id_eq" => parts[1] == text(wanted),
        "tp_trace_id_ne" => parts[1] != text(wanted),
        "tp_parent_id_eq" => parts[2] == text(wanted),
        "tp_parent_id_ne" => parts[2] != text(wanted),
        "tp_flags_eq" => parts[3] == text(wanted),
        "ts_has_member" => members().any(|(key, _)| key == text(wanted)),
        "ts_member_eq" => {
            let (key, value) = (text(&wanted[0]), text(&wanted[1]).trim());
            members().any(|(known, held)| known == key && held.trim() == value)
        }
        "dd_has_item" => has(wanted),
        "dd_has_any_item" => wanted.as_array().unwrap().iter().any(has),
        "dd_item_or_no_prefix" => has(&wanted[0]) || none_starts_with(&wanted[1]),
        "dd_no_item_prefix" => none_starts_with(wanted),
        "every_item_mirrored_in_dd" => items.all(|item| {
            let (name, value) = item.trim_start_matches("_dd.p.").split_once('=').unwrap();
            name == "tid" || dd.contains(&format!("t.{name}:{}", value.replace('=', "~")).as_str())
        }),
        _ => panic!("unknown operator {op}"),
    }
}

fn dd_items(state: &str) -> Vec<&str> {
    let dd = state
        .split(',')
        .find_map(|member| member.strip_prefix("dd="));
    dd.map(|dd| dd.split(';').collect()).unwrap_or_default()
}

/// The value with the ids of the child span in place of the placeholders.
fn fill(value: &Value, trace_id: u128) -> Value {
    let filled = value
        .to_string()
        .replace("${span_id_dec}", &SPAN_ID.to_string())
        .replace("${span_id_hex16}", &format!("{SPAN_ID:016x}"))
        .replace("${trace_id_low_dec}", &(trace_id as u64).to_string())
        .replace("${trace_id_hex32}", &format!("{trace_id:032x}"))
        .replace(
            "${trace_id_high_hex16}",
            &format!("{:016x}", trace_id >> 64),
        );
    serde_json::from_str(&filled).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().map(text)
}

fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
}

fn sorted(mut list: Vec<&str>) -> Vec<&str> {
    list.sort_unstable();
    list
}
