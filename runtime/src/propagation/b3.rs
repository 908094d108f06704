//! B3, the headers of Zipkin: one for each part, `x-b3-*`, or a single one, `b3`.

use super::headers;
use super::{Headers, Inject, Outgoing, TraceContext};

/// Reads `x-b3-traceid`, `x-b3-spanid`, `x-b3-sampled` and `x-b3-flags`.
///
/// A decision may come without ids: then the context has a sampling priority and no trace.
pub(super) fn extract_multi(headers: &Headers<'_>) -> Option<TraceContext> {
    let headers::B3 {
        trace_id,
        span_id,
        sampled,
        flags,
        ..
    } = &**headers.b3.as_ref()?;
    let debug = flags.as_deref().map(str::trim) == Some("1");
    let decision = match debug {
        true => Some("d"),
        false => sampled.as_deref(),
    };
    context(trace_id.as_deref(), span_id.as_deref(), decision)
}

/// Reads `b3`: `{trace}-{span}[-{decision}[-{parent}]]`, or a decision alone.
pub(super) fn extract_single(headers: &Headers<'_>) -> Option<TraceContext> {
    let mut fields = headers.b3.as_ref()?.single.as_deref()?.trim().split('-');
    let first = fields.next()?;
    match fields.next() {
        None => context(None, None, Some(first)),
        span_id => context(Some(first), span_id, fields.next()),
    }
}

/// Writes the `x-b3-*` headers.
pub(super) fn inject_multi(context: &Outgoing<'_>, into: &mut dyn Inject) {
    into.set("x-b3-traceid", trace_id(context));
    into.set("x-b3-spanid", format!("{:016x}", context.span_id));
    let (name, value, other) = match context.priority {
        ..=0 => ("x-b3-sampled", "0", "x-b3-flags"),
        1 => ("x-b3-sampled", "1", "x-b3-flags"),
        2.. => ("x-b3-flags", "1", "x-b3-sampled"),
    };
    into.set(name, value.to_owned());
    into.remove(other);
}

/// Writes `b3`.
pub(super) fn inject_single(context: &Outgoing<'_>, into: &mut dyn Inject) {
    let decision = match context.priority {
        ..=0 => '0',
        1 => '1',
        2.. => 'd',
    };
    let (trace_id, span_id) = (trace_id(context), context.span_id);
    into.set("b3", format!("{trace_id}-{span_id:016x}-{decision}"));
}

fn context(
    trace: Option<&str>,
    span: Option<&str>,
    decision: Option<&str>,
) -> Option<TraceContext> {
    let priority = match decision.map(str::trim) {
        Some("0") => Some(0),
        Some("1") => Some(1),
        Some("d") => Some(2),
        _ => None,
    };
    let (trace_id, parent_id) = match (trace, span) {
        (None, None) if priority.is_some() => (0, 0),
        (trace, span) => {
            let trace = trace?.trim();
            let length = if trace.len() == 16 { 16 } else { 32 };
            let parent_id = id(span?.trim(), 16)?;
            (id(trace, length)?, u64::try_from(parent_id).ok()?)
        }
    };
    let mut context = TraceContext::new(trace_id, parent_id);
    context.sampling_priority = priority;
    Some(context)
}

/// Parses an id of exactly `length` hex digits; `None` if it is zero.
fn id(digits: &str, length: usize) -> Option<u128> {
    if digits.len() != length || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().filter(|id| *id != 0)
}

/// The trace id as 32 hex digits, or 16 if its upper half is zero.
fn trace_id(context: &Outgoing<'_>) -> String {
    match u64::try_from(context.trace_id) {
        Ok(low) => format!("{low:016x}"),
        Err(_) => format!("{:032x}", context.trace_id),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{extracted, sent};
    use super::*;

    const TRACE: &str = "640cfd8d00000000abcdefab12345678";
    const SPAN: &str = "000000003ade68b1";

    fn single(text: &str) -> Option<TraceContext> {
        extracted("b3", &[("b3", text)])
    }

    #[test]
    fn one_header_may_hold_ids_a_decision_or_both() {
        let context = single(&format!("{TRACE}-{SPAN}-d-00000000000000ff")).unwrap();
        assert_eq!(
            (
                context.trace_id,
                context.parent_id,
                context.sampling_priority
            ),
            (
                0x640c_fd8d_0000_0000_abcd_efab_1234_5678,
                987_654_321,
                Some(2)
            )
        );
        let context = single(&format!("{}-{SPAN}", &TRACE[16..])).unwrap();
        assert_eq!(
            (context.trace_id >> 64, context.sampling_priority),
            (0, None)
        );
        for (text, priority) in [("0", 0), ("1", 1), ("d", 2)] {
            let context = single(text).unwrap();
            assert_eq!(
                (context.trace_id, context.sampling_priority),
                (0, Some(priority))
            );
        }
    }

    #[test]
    fn ids_that_are_none_are_no_context() {
        let zeros = "0".repeat(32);
        for text in ["", "x", "-", "0-0-1", TRACE, &TRACE[1..], "+1-+2-1"] {
            assert_eq!(single(text), None, "{text}");
        }
        for (trace, span) in [
            (TRACE, &zeros[..16]),
            (&zeros, SPAN),
            (&TRACE[1..], SPAN),
            (TRACE, &SPAN[1..]),
            ("+40cfd8d00000000abcdefab12345678", SPAN),
        ] {
            assert_eq!(single(&format!("{trace}-{span}-1")), None, "{trace} {span}");
            let headers = [("x-b3-traceid", trace), ("x-b3-spanid", span)];
            assert_eq!(extracted("b3multi", &headers), None, "{trace} {span}");
        }
        let alone = [("x-b3-traceid", TRACE), ("x-b3-sampled", "1")];
        assert_eq!(extracted("b3multi", &alone), None);
    }

    #[test]
    fn decisions_come_in_headers_of_their_own() {
        for (name, value, priority) in [
            ("X-B3-Sampled", "0", Some(0)),
            ("x-b3-sampled", "1", Some(1)),
            ("x-b3-sampled", "2", None),
            ("x-b3-flags", "1", Some(2)),
            ("x-b3-flags", "0", None),
        ] {
            let ids = [
                ("x-b3-traceid", TRACE),
                ("x-b3-spanid", SPAN),
                (name, value),
            ];
            let context = extracted("b3multi", &ids).unwrap();
            assert_eq!(context.sampling_priority, priority, "{name} {value}");
        }
    }

    #[test]
    fn the_decision_is_written_in_the_words_of_b3() {
        for (priority, multi, letter) in [
            (-1, ("x-b3-sampled", "0"), '0'),
            (0, ("x-b3-sampled", "0"), '0'),
            (1, ("x-b3-sampled", "1"), '1'),
            (2, ("x-b3-flags", "1"), 'd'),
        ] {
            let context = TraceContext::new(5, 6).with_sampling_priority(priority);
            let headers = sent("b3", &context);
            assert_eq!(
                headers["b3"],
                format!("0000000000000005-0000000000000006-{letter}")
            );
            let headers = sent("b3multi", &context);
            assert_eq!((headers.len(), headers[multi.0].as_str()), (3, multi.1));
        }
    }
}
