//! The tags that the exporter adds: those of every span, and those of the first span of a chunk.

use std::sync::OnceLock;

use crate::config::Config;
use crate::span::{id, limited, Head, Span};

/// The number of tags for which a span had no room.
pub(crate) const DROPPED_TAGS: &str = "_dd.ddlambda.dropped_tags";
/// The number of links for which it had no room.
pub(crate) const DROPPED_LINKS: &str = "_dd.ddlambda.dropped_links";

/// The metrics of a span. `cut` counts what the format had to leave out, by name; it is added to what the span had dropped
/// before.
pub(super) fn numbers<'a, const N: usize>(
    span: &'a Span,
    cut: [(&'static str, usize); N],
) -> impl Iterator<Item = (&'a str, f64)> {
    let is_cut = move |name: &str| cut.iter().any(|(cut, count)| *count > 0 && *cut == name);
    let others = span.tags.numbers().filter(move |(name, _)| !is_cut(name));
    let cut = cut.into_iter().filter(|(_, count)| *count > 0);
    others.chain(cut.map(|(name, count)| {
        let before = span.tags.numbers().find(|(known, _)| *known == name);
        (
            name,
            count as f64 + before.map_or(0.0, |(_, number)| number),
        )
    }))
}

/// Calls `add` with the text tags that all spans have, unless the span has its own.
pub(crate) fn common<'a>(span: &Span, config: &'a Config, add: &mut dyn FnMut(&'a str, &'a str)) {
    for (name, value) in config.common_tags.texts() {
        if !span.tags.has(name) {
            add(name, value);
        }
    }
}

/// Calls `add` with the text tags that depend on the span's service, unless the span has its own.
pub(crate) fn of_service<'a>(
    span: &Span,
    config: &'a Config,
    add: &mut dyn FnMut(&'a str, &'a str),
) {
    let own = span
        .service
        .as_deref()
        .is_none_or(|service| service.eq_ignore_ascii_case(config.service()));
    let (name, value) = match &config.version {
        _ if !own => ("_dd.base_service", config.service()),
        Some(version) => ("version", version.as_str()),
        None => return,
    };
    if !span.tags.has_foreign(name) {
        add(name, value);
    }
}

/// Calls `add` with the text tags that a chunk's first span carries for the whole chunk, unless the span has its own.
pub(super) fn first(span: &Span, head: &Head, add: &mut dyn FnMut(&str, &str)) {
    let mut add = |name: &str, value: &str| {
        if !span.tags.has_foreign(name) {
            add(name, &limited(value));
        }
    };
    let high = (head.trace_id >> 64) as u64;
    if high != 0 {
        add("_dd.p.tid", &format!("{high:016x}"));
    }
    let lambda = Config::get().is_function.then_some("lambda");
    if let Some(origin) = head.origin.as_deref().or(lambda) {
        add("_dd.origin", origin);
    }
    add("runtime-id", runtime_id());
    for (name, value) in &head.tags {
        add(name, value);
    }
}

/// The metrics that a chunk's first span carries for the whole chunk.
pub(super) fn first_numbers(head: &Head) -> [(&'static str, f64); 2] {
    [
        ("_sampling_priority_v1", f64::from(head.priority)),
        ("process_id", f64::from(process_id())),
    ]
}

/// Asks the system only once.
fn process_id() -> u32 {
    static ID: OnceLock<u32> = OnceLock::new();
    *ID.get_or_init(std::process::id)
}

/// A random UUID that identifies this process.
fn runtime_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let bits = u128::from(id::span_id()) << 64 | u128::from(id::span_id());
        // Version 4, variant 1 of RFC 9562.
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let hex = format!("{bits:032x}");
        [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ]
        .join("-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_id_is_a_random_uuid() {
        let id = runtime_id();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&id[19..20]));
    }
}
