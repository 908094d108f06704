//! What a vector asserts, and whether it holds.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::{Run, Seen};

/// What does not hold, one line each.
pub fn failures(run: &Run<'_>, seen: &Seen) -> Vec<String> {
    let vector = run.vector;
    let facts = vector.expect.iter().filter_map(|(fact, wanted)| {
        let found = fact_of(fact, wanted, &run.how, seen)?;
        Some(format!("{fact} {wanted}, not {found}"))
    });
    let outbound = vector.outbound_headers_expected.iter();
    let outbound = outbound.flat_map(|(name, assertions)| {
        let header = seen.headers.get(name).map(String::as_str);
        assertions.iter().filter_map(move |assertion| {
            let wanted = filled(&assertion.value, seen);
            let holds = holds(&assertion.op, &wanted, header, &seen.headers);
            (!holds).then(|| format!("{name} {} {wanted}, not {header:?}", assertion.op))
        })
    });
    facts
        .chain(outbound)
        .map(|failure| format!("{} ({}): {failure}", vector.name, run.how))
        .collect()
}

/// What was found, if it is not what is wanted.
fn fact_of(fact: &str, wanted: &Value, how: &str, seen: &Seen) -> Option<Value> {
    let id = format!("{:032x}", seen.trace_id);
    let (holds, found) = match fact {
        "trace_id_128_hex" => (json!(id) == *wanted, json!(id)),
        "new_trace" => (seen.trace_id != 0, json!(id)),
        "trace_id_not" => (!contains(wanted, &json!(id)), json!(id)),
        "trace_id_shape" => (has_shape(seen.trace_id, wanted), json!(id)),
        "parent_id" => equal(wanted, json!(seen.parent_id.map(|id| id.to_string()))),
        "priority" => equal(wanted, json!(seen.priority)),
        "priority_not" => (json!(seen.priority) != *wanted, json!(seen.priority)),
        "origin" => equal(wanted, json!(seen.origin)),
        "origin_any" => (contains(wanted, &json!(seen.origin)), json!(seen.origin)),
        "origin_prefix" => {
            let origin = seen.origin.as_deref().unwrap_or_default();
            (origin.starts_with(text(wanted)), json!(origin))
        }
        "tags" => (
            each(wanted, |name, value| tag(seen, name) == *value),
            json!(seen.tags),
        ),
        "tags_not" => (
            each(wanted, |name, value| tag(seen, name) != *value),
            json!(seen.tags),
        ),
        "tags_absent" => (
            list(wanted).all(|name| tag(seen, text(name)).is_null()),
            json!(seen.tags),
        ),
        "metrics" => {
            let equal =
                |name: &str, value: &Value| seen.metrics.get(name).copied() == value.as_f64();
            (each(wanted, equal), json!(seen.metrics))
        }
        "ksr" => equal(wanted, tag(seen, "_dd.p.ksr")),
        "ksr_any" => (
            contains(wanted, &tag(seen, "_dd.p.ksr")),
            tag(seen, "_dd.p.ksr"),
        ),
        "dm_any" => (
            contains(wanted, &tag(seen, "_dd.p.dm")),
            tag(seen, "_dd.p.dm"),
        ),
        "baggage" => equal(wanted, json!(seen.baggage)),
        "baggage_key" => {
            let found = |name: &str| json!(seen.baggage.get(name));
            (
                each(wanted, |name, values| contains(values, &found(name))),
                json!(seen.baggage),
            )
        }
        "span_links" => equal(wanted, json!(seen.links)),
        "kept" => {
            let kept = seen.priority.is_some_and(|priority| priority > 0);
            equal(&wanted[how], json!(kept))
        }
        // At a rate of one, the randomness of the trace agrees with any decision, and is told as it is.
        "ot_rv" | "hash_hex" | "hash_dec" if how != "1.0" => return None,
        "ot_rv" => equal(wanted, json!(randomness(seen))),
        "hash_hex" => equal(&json!(inverted(text(wanted), 16)), json!(randomness(seen))),
        "hash_dec" => equal(&json!(inverted(text(wanted), 10)), json!(randomness(seen))),
        _ => panic!("unknown fact {fact}"),
    };
    (!holds).then_some(found)
}

/// Whether an assertion about a header holds; `headers` are all that were sent.
fn holds(
    op: &str,
    wanted: &Value,
    header: Option<&str>,
    headers: &BTreeMap<String, String>,
) -> bool {
    let Some(header) = header else {
        const OF_NONE: [&str; 7] = [
            "absent",
            "absent_or_list_no_prefix",
            "not_empty_if_present",
            "dd_no_item_prefix",
            "every_item_mirrored_in_dd",
            "ne",
            "not_contains",
        ];
        return OF_NONE.contains(&op);
    };
    let items = || header.split(',').map(str::trim);
    let field = |place: usize| header.split('-').nth(place);
    let is = |found: Option<&str>| found == wanted.as_str();
    let has_item = |item: &Value| items_of(member(header, "dd")).any(|known| known == text(item));
    let no_item =
        |prefix: &Value| items_of(member(header, "dd")).all(|item| !item.starts_with(text(prefix)));
    match op {
        "absent" => false,
        "present" => true,
        "eq" => header == text(wanted),
        "ne" => header != text(wanted),
        "contains" => header.contains(text(wanted)),
        "not_contains" => !header.contains(text(wanted)),
        "any_of" => list(wanted).any(|one| header.contains(text(one))),
        "not_empty_if_present" => !header.is_empty(),
        "list_has" => items().any(|item| item == text(wanted)),
        "list_no_prefix" | "absent_or_list_no_prefix" => {
            items().all(|item| !item.starts_with(text(wanted)))
        }
        "list_len" => Some(items().count() as u64) == wanted.as_u64(),
        "list_first_prefix" => items()
            .next()
            .is_some_and(|item| item.starts_with(text(wanted))),
        "list_eq_unordered" => sorted(items()) == sorted(list(wanted).map(text)),
        "max_bytes" => header.len() as u64 <= wanted.as_u64().unwrap_or_default(),
        "in_order" => {
            let places: Option<Vec<_>> = list(wanted).map(|part| header.find(text(part))).collect();
            places.is_some_and(|places| places.is_sorted())
        }
        "tp_trace_id_eq" => is(field(1)),
        "tp_trace_id_ne" => !is(field(1)),
        "tp_parent_id_eq" => is(field(2)),
        "tp_parent_id_ne" => !is(field(2)),
        "tp_flags_eq" => is(field(3)),
        "ts_has_member" => member(header, text(wanted)).is_some(),
        "ts_member_absent" => member(header, text(wanted)).is_none(),
        "ts_member_eq" => members(header)
            .any(|(key, value)| key == text(&wanted[0]) && value.trim() == text(&wanted[1]).trim()),
        "dd_has_item" => has_item(wanted),
        "dd_has_any_item" => list(wanted).any(has_item),
        "dd_no_item_prefix" => no_item(wanted),
        "dd_item_or_no_prefix" => has_item(&wanted[0]) || no_item(&wanted[1]),
        "every_item_mirrored_in_dd" => {
            let state = headers.get("tracestate").map_or("", String::as_str);
            items().all(|item| is_mirrored(item, state))
        }
        "ot_eq" => {
            let items = items_of(member(header, "ot")).filter_map(|item| item.split_once(':'));
            json!(items.collect::<BTreeMap<_, _>>()) == *wanted
        }
        "hex_eq" => matches!(header.len(), 16 | 32) && number(header) == number(text(wanted)),
        "b3_trace_id_eq" => field(0)
            .is_some_and(|id| matches!(id.len(), 16 | 32) && number(id) == number(text(wanted))),
        "b3_span_id_eq" => is(field(1)),
        "b3_sampled_eq" => is(field(2)),
        "b3_sampled_any" => contains(wanted, &json!(field(2))),
        _ => panic!("unknown operator {op}"),
    }
}

/// The value with the ids of the child span in place of the placeholders.
fn filled(value: &Value, seen: &Seen) -> Value {
    let (trace_id, span_id) = (seen.trace_id, seen.span_id);
    let filled = [
        ("${span_id_dec}", span_id.to_string()),
        ("${span_id_hex16}", format!("{span_id:016x}")),
        ("${trace_id_low_dec}", (trace_id as u64).to_string()),
        ("${trace_id_hex32}", format!("{trace_id:032x}")),
        ("${trace_id_high_hex16}", format!("{:016x}", trace_id >> 64)),
    ]
    .iter()
    .fold(value.to_string(), |text, (name, id)| text.replace(name, id));
    serde_json::from_str(&filled).expect("JSON, as before")
}

/// New ids of 128 bits begin with the time, in seconds, and 32 zero bits.
fn has_shape(trace_id: u128, shape: &Value) -> bool {
    match text(shape) {
        "64" => trace_id >> 64 == 0,
        "128_time" => trace_id >> 96 > 0x640c_fd8c && (trace_id >> 64) as u32 == 0,
        other => panic!("unknown shape {other}"),
    }
}

/// A tag `_dd.p.{name}={value}` and the item of `dd` that says the same.
fn is_mirrored(tag: &str, state: &str) -> bool {
    let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
    let name = name.trim_start_matches("_dd.p.");
    let mirrored = format!("t.{name}:{}", value.replace('=', "~"));
    name == "tid" || items_of(member(state, "dd")).any(|item| item == mirrored)
}

/// The randomness that `ot` tells of the trace.
fn randomness(seen: &Seen) -> Option<&str> {
    let state = seen.headers.get("tracestate")?;
    items_of(member(state, "ot")).find_map(|item| item.strip_prefix("rv:"))
}

/// The randomness that follows from the hash of a trace id.
fn inverted(hash: &str, radix: u32) -> String {
    let hash = u64::from_str_radix(hash, radix).expect("a hash");
    format!("{:014x}", !hash >> 8)
}

fn members(state: &str) -> impl Iterator<Item = (&str, &str)> {
    let members = state
        .split(',')
        .map(|member| member.trim_matches([' ', '\t']));
    members.filter_map(|member| member.split_once('='))
}

fn member<'s>(state: &'s str, key: &str) -> Option<&'s str> {
    members(state)
        .find(|(known, _)| *known == key)
        .map(|(_, value)| value)
}

fn items_of(member: Option<&str>) -> impl Iterator<Item = &str> {
    member.into_iter().flat_map(|member| member.split(';'))
}

fn equal(wanted: &Value, found: Value) -> (bool, Value) {
    (*wanted == found, found)
}

fn tag(seen: &Seen, name: &str) -> Value {
    json!(seen.tags.get(name))
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn contains(values: &Value, value: &Value) -> bool {
    list(values).any(|known| known == value)
}

fn each(members: &Value, holds: impl Fn(&str, &Value) -> bool) -> bool {
    let members = members.as_object().into_iter().flatten();
    members.into_iter().all(|(name, value)| holds(name, value))
}

fn number(hex: &str) -> Option<u128> {
    u128::from_str_radix(hex, 16).ok()
}

fn sorted<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut items: Vec<_> = items.collect();
    items.sort_unstable();
    items
}
