//! Datadog's own headers, `x-datadog-*`: ids in decimal, the upper half of the trace id among the propagated tags.

use std::borrow::Cow;
use std::fmt::Write;

use super::fields::{split, split_once, trim};
use super::{hex, Headers, Inject, Outgoing, TraceContext};
use crate::config::Propagation;
use crate::span::Head;

/// The prefix of propagated tags.
const PROPAGATED: &str = "_dd.p.";
/// A longer origin is ignored, since it would be part of every outgoing request.
const MAX_ORIGIN: usize = 256;
/// The tag that says that tags could not be propagated unchanged.
const ERROR: &str = "_dd.propagation_error";

/// Extracts the context; `None` without a valid trace id. Everything else may be missing.
pub(super) fn extract(headers: &Headers<'_>, settings: &Propagation) -> Option<TraceContext> {
    let trace_id = id(headers.datadog_trace_id.as_deref())?;
    if trace_id == 0 {
        return None;
    }
    let parent_id = id(headers.datadog_parent_id.as_deref()).unwrap_or(0);
    let mut context = TraceContext::new(trace_id.into(), parent_id);
    let priority = headers.datadog_priority.as_deref();
    context.sampling_priority = priority.and_then(|text| trim(text).parse().ok());
    context.origin = headers
        .datadog_origin
        .as_deref()
        .filter(|origin| (1..=MAX_ORIGIN).contains(&origin.len()))
        .map(str::to_owned);
    if let Some(tags) = &headers.datadog_tags {
        read_tags(tags, settings.max_tags, &mut context);
    }
    Some(context)
}

/// Writes the headers. `text` is a buffer for the values.
///
/// # Errors
///
/// The value for `_dd.propagation_error` if the tags could not be written; the other headers were.
pub(super) fn inject(
    context: &Outgoing<'_>,
    settings: &Propagation,
    into: &mut dyn Inject,
    text: &mut String,
) -> Result<(), &'static str> {
    match context.origin {
        Some(origin) => into.set_text("x-datadog-origin", origin),
        None => into.remove("x-datadog-origin"),
    }
    let mut number = |name, number: u64| {
        text.clear();
        // Writing to a string cannot fail.
        _ = write!(text, "{number}");
        into.set_text(name, text);
    };
    number("x-datadog-trace-id", context.trace_id as u64);
    number("x-datadog-parent-id", context.span_id);
    into.set_text("x-datadog-sampling-priority", &text_of(context.priority));
    text.clear();
    let result = write_tags(context, settings.max_tags, text);
    match result.is_err() || text.is_empty() {
        true => into.remove("x-datadog-tags"),
        false => into.set_text("x-datadog-tags", text),
    }
    result
}

/// Keeps a tag that was received with a trace, if its name and value may be propagated. The last one of a name counts.
pub(super) fn keep_tag(name: &str, value: &str, context: &mut TraceContext) {
    match name {
        "_dd.p.upstream_services" => {}
        Head::DECISION_MAKER if !is_decision_maker(value) => note(context, "decoding_error"),
        _ if !is_tag(name, value) => note(context, "decoding_error"),
        _ => match context.tags.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => context.tags.push((name.to_owned(), value.to_owned())),
        },
    }
}

/// The propagated tags, without their prefix.
pub(super) fn propagated<'a>(context: &Outgoing<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let tags = context.tags.iter();
    tags.filter_map(|(name, value)| Some((name.strip_prefix(PROPAGATED)?, value.as_str())))
}

/// A sampling priority in decimal.
pub(super) fn text_of(priority: i32) -> Cow<'static, str> {
    match priority {
        -1 => "-1".into(),
        0 => "0".into(),
        1 => "1".into(),
        2 => "2".into(),
        other => other.to_string().into(),
    }
}

fn id(text: Option<&str>) -> Option<u64> {
    let text = trim(text?);
    // No number of 19 digits overflows, which the standard library checks at every digit.
    let is_short = (1..=19).contains(&text.len());
    match is_short.then(|| digits(text.as_bytes())) {
        Some(Some(id)) => Some(id),
        _ => text.parse().ok(),
    }
}

/// The value of up to 19 digits, eight at a time.
fn digits(text: &[u8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let (mut number, mut rest) = (0, text);
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let values = u64::from_le_bytes(*eight) ^ ZEROS;
        let beyond_nine = values.wrapping_add(u64::from_ne_bytes([0x7f - 9; 8]));
        if (values | beyond_nine) & HIGHEST != 0 {
            return None;
        }
        // Digits become numbers of two digits, then of four, then of eight.
        let values = (values & 0x000f_000f_000f_000f) * 10 + (values >> 8 & 0x000f_000f_000f_000f);
        let values = (values & 0x00ff_0000_00ff) * 100 + (values >> 16 & 0x00ff_0000_00ff);
        let values = (values & 0xffff) * 10_000 + (values >> 32);
        number = number * 100_000_000 + values;
        rest = behind;
    }
    for digit in rest {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        number = number * 10 + u64::from(value);
    }
    Some(number)
}

/// Parses the tags. `longest` is 0 if they are switched off.
fn read_tags(tags: &str, longest: usize, context: &mut TraceContext) {
    if longest == 0 {
        return note(context, "disabled");
    }
    if tags.len() > longest {
        return note(context, "extract_max_size");
    }
    for tag in split(tags, b',').map(trim).filter(|tag| !tag.is_empty()) {
        let Some((name, value)) = split_once(tag, b'=') else {
            note(context, "decoding_error");
            continue;
        };
        match name {
            "_dd.p.tid" => join_trace_id(value, context),
            _ if name.starts_with(PROPAGATED) => keep_tag(name, value, context),
            _ => {}
        }
    }
}

/// Sets the upper half of the trace id.
fn join_trace_id(value: &str, context: &mut TraceContext) {
    match hex::parse(value, 16) {
        Some(high) if high != 0 => {
            context.trace_id = high << 64 | u128::from(context.trace_id as u64);
        }
        _ => {
            let shown: String = value.chars().take(32).collect();
            note(context, format!("malformed_tid {shown}"));
        }
    }
}

fn note(context: &mut TraceContext, error: impl Into<String>) {
    if context.tags.iter().all(|(name, _)| name != ERROR) {
        context.tags.push((ERROR.to_owned(), error.into()));
    }
}

/// `-0` to `-255`: the mechanism that took the sampling decision.
fn is_decision_maker(value: &str) -> bool {
    value
        .strip_prefix('-')
        .is_some_and(|digits| !digits.starts_with('+') && digits.parse::<u8>().is_ok())
}

fn is_tag(name: &str, value: &str) -> bool {
    let name_byte = |byte: u8| byte.is_ascii_graphic() && byte != b',' && byte != b'=';
    let value_byte = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',';
    name.len() > PROPAGATED.len()
        && name.bytes().all(name_byte)
        && !value.is_empty()
        && value.bytes().all(value_byte)
}

fn write_tags(
    context: &Outgoing<'_>,
    longest: usize,
    out: &mut String,
) -> Result<(), &'static str> {
    let high = (context.trace_id >> 64) as u64;
    if high != 0 {
        out.push_str(PROPAGATED);
        out.push_str("tid=");
        hex::push(out, high.into(), 16);
    }
    for (name, value) in context
        .tags
        .iter()
        .filter(|(name, _)| name.starts_with(PROPAGATED))
    {
        if !is_tag(name, value) {
            return Err("encoding_error");
        }
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    match longest {
        0 if !out.is_empty() => Err("disabled"),
        _ if out.len() > longest => Err("inject_max_size"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_decimal() {
        let some = [0, 9, 10, 1234, u64::MAX / 10, u64::MAX - 1, u64::MAX];
        let of_all_lengths = (0..20).map(|length| 12_345_678_901_234_567_890 / 10u64.pow(length));
        for number in some.into_iter().chain(of_all_lengths) {
            assert_eq!(id(Some(&number.to_string())), Some(number));
        }
        for text in ["", "-1", "1a", "18446744073709551616"] {
            assert_eq!(id(Some(text)), None, "{text}");
        }
        for place in 0..19 {
            for other in ["/", ":", "\u{0}", " ", "é"] {
                let mut text = "9".repeat(19);
                text.replace_range(place..=place, other);
                assert_eq!(id(Some(&format!("1{text}1"))), None, "{text}");
                assert_eq!(digits(text.as_bytes()), None, "{text}");
            }
        }
    }
}
