//! AWS X-Ray's trace header, and the Datadog trace that it stands for.

use super::TraceContext;

/// A trace header: `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>`, in any order, among other fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Header<'a> {
    /// The trace, as X-Ray writes it: of nothing but hex digits and dashes.
    pub(crate) root: &'a str,
    /// The segment, as X-Ray writes it: 16 hex digits.
    pub(crate) parent: &'a str,
    /// Whether X-Ray records the trace; `None` if that is not said.
    pub(crate) sampled: Option<bool>,
    trace_id: u64,
    parent_id: u64,
}

impl<'a> Header<'a> {
    /// Reads a header; `None` if the ids of a trace and a segment are not both there.
    pub(crate) fn read(header: &'a str) -> Option<Self> {
        let (mut root, mut parent, mut sampled) = (None, None, None);
        for field in header.split(';') {
            match field.trim().split_once('=') {
                Some(("Root", id)) => root = Some(id),
                Some(("Parent", id)) => parent = Some(id),
                Some(("Sampled", "1")) => sampled = Some(true),
                Some(("Sampled", "0")) => sampled = Some(false),
                _ => {}
            }
        }
        let (root, parent) = (root?, parent?);
        Some(Self {
            root,
            parent,
            sampled,
            trace_id: hex(random(root)?.get(8..)?)?,
            parent_id: hex(parent)?,
        })
    }
}

/// The trace that X-Ray puts an invocation into, with its segment as the parent: what the trace is when Datadog's and
/// X-Ray's are one.
pub(crate) fn context(header: &str) -> Option<TraceContext> {
    let header = Header::read(header)?;
    // Not all that reads these ids knows numbers without a sign.
    let trace_id = header.trace_id & (u64::MAX >> 1);
    if trace_id == 0 || header.parent_id == 0 {
        return None;
    }
    let priority = if header.sampled? { 2 } else { -1 };
    let context = TraceContext::new(trace_id.into(), header.parent_id);
    Some(context.with_sampling_priority(priority))
}

/// The context in the `AWSTraceHeader` of a queue's message, which `dd-trace-java` writes.
///
/// Only a root whose 24 digits begin with eight zeros is a Datadog trace id. Any other is X-Ray's own, and so is
/// the sampling decision next to it.
pub(crate) fn datadog_context(header: &str) -> Option<TraceContext> {
    let header = Header::read(header)?;
    if header.trace_id == 0 || !random(header.root)?.starts_with("00000000") {
        return None;
    }
    let mut context = TraceContext::new(header.trace_id.into(), header.parent_id);
    context.sampling_priority = header.sampled.map(i32::from);
    Some(context)
}

/// The 24 digits of a root that follow its version and its time.
fn random(root: &str) -> Option<&str> {
    let mut parts = root.split('-');
    let (_version, _time, random) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (random.len() == 24 && parts.next().is_none() && root.bytes().all(is_hex)).then_some(random)
}

/// The number of 16 hex digits.
fn hex(digits: &str) -> Option<u64> {
    if digits.len() != 16 || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str =
        "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1";

    fn merged(trace_id: u128, parent_id: u64, priority: i32) -> Option<TraceContext> {
        Some(TraceContext::new(trace_id, parent_id).with_sampling_priority(priority))
    }

    #[test]
    fn ids_of_x_ray_are_ids_of_datadog() {
        let ids = (3_995_693_151_288_333_088, 10_713_633_173_203_262_661);
        assert_eq!(context(NATIVE), merged(ids.0, ids.1, 2));
        let not_sampled = NATIVE.replace("Sampled=1", "Sampled=0");
        assert_eq!(context(&not_sampled), merged(ids.0, ids.1, -1));
        for (root, parent, trace_id, parent_id) in [
            // The highest bit of the trace is left out, that of the parent is not.
            (
                "1-5e272390-8c398be0f7738dc042009320",
                "f4ae789b969f1cc5",
                8_607_379_169_715_720_992,
                17_631_162_200_844_344_517,
            ),
            (
                "1-5ce31dc2-bd862e3fe1be46a994272793",
                "0b11cc4230d3e09e",
                7_043_144_561_403_045_779,
                797_643_193_680_388_254,
            ),
            (
                "1-5ce31dc2-ffffffffffffffffffffffff",
                "ffffffffffffffff",
                9_223_372_036_854_775_807,
                u64::MAX,
            ),
            (
                "1-5ce31dc2-2c779014b90ce44db5e03875",
                "0b11cc4230d3e09e",
                4_110_911_582_297_405_557,
                797_643_193_680_388_254,
            ),
        ] {
            let header = format!("Root={root};Parent={parent};Sampled=1");
            assert_eq!(context(&header), merged(trace_id, parent_id, 2), "{header}");
        }
    }

    #[test]
    fn the_order_and_other_fields_do_not_matter() {
        for header in [
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1;Lineage=c6c5b1b9:0",
            "Lineage=1:a87bd80c:1|68fd508a:5;Sampled=1;Parent=94ae789b969f1cc5;Root=1-5e272390-8c398be037738dc042009320",
            "Self=1-67891234-12456789abcdef012345678;Root=1-5e272390-8c398be037738dc042009320; Parent=94ae789b969f1cc5; Sampled=1;",
            ";;odd;Root=1-5e272390-8C398BE037738DC042009320;Parent=94AE789B969F1CC5;Sampled=1;=",
        ] {
            assert_eq!(context(header), context(NATIVE), "{header}");
        }
    }

    #[test]
    fn a_header_with_a_part_missing_is_none() {
        for header in [
            "",
            "Root=",
            "Root=1-5e272390-8c398be037738dc042009320",
            "Root=1-5e272390-8c398be037738dc042009320;Sampled=1",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=;Sampled=1",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc;Sampled=1",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=+4ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=?",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=0000000000000000;Sampled=1",
            "Root=1-5e272390-8c398be08000000000000000;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390-8c398be037738dc04200932;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390-8c398be037738dc04200932é;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390-8c398be037738dc042009320-1;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-\"-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390;Parent=94ae789b969f1cc5;Sampled=1",
            "Parent=94ae789b969f1cc5;Sampled=1",
        ] {
            assert_eq!(context(header), None, "{header}");
        }
    }

    #[test]
    fn a_zero_padded_root_is_a_datadog_trace() {
        let header = "Root=1-65f2f78c-0000000008addb5405b376c0;Parent=5abcb7ed643995c7;Sampled=1";
        let expected = TraceContext::new(625_397_077_193_750_208, 6_538_302_989_251_745_223);
        let with = |priority| expected.clone().with_sampling_priority(priority);
        assert_eq!(datadog_context(header), Some(with(1)));
        let not_sampled = header.replace("Sampled=1", "Sampled=0");
        assert_eq!(datadog_context(&not_sampled), Some(with(0)));
        let undecided = header.replace(";Sampled=1", "");
        assert_eq!(datadog_context(&undecided), Some(expected));
    }

    #[test]
    fn anything_else_is_no_datadog_trace() {
        for header in [
            "",
            "Root=",
            NATIVE,
            "Root=1-5e272390-000000000000000000000000;Parent=94ae789b969f1cc5;Sampled=1",
            "Root=1-5e272390-0000000008addb5405b376c0;Sampled=1",
            "Root=1-5e272390-0000000008addb5405b376c;Parent=94ae789b969f1cc5",
            "Root=1-5e272390-00000000+8addb5405b376c0;Parent=94ae789b969f1cc5",
            "Parent=94ae789b969f1cc5;Sampled=1",
        ] {
            assert_eq!(datadog_context(header), None, "{header}");
        }
    }
}
