//! AWS X-Ray's trace header, as far as it carries a Datadog trace.

use super::TraceContext;

/// The context in the `AWSTraceHeader` of a queue's message, which `dd-trace-java` writes:
/// `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>`.
///
/// Only a root whose 24 digits begin with eight zeros is a Datadog trace id. Any other is X-Ray's own, and so is
/// the sampling decision next to it.
pub(crate) fn datadog_context(header: &str) -> Option<TraceContext> {
    let field = |name: &str| {
        let fields = header.split(';').map(str::trim);
        fields
            .filter_map(|field| field.split_once('='))
            .find(|(key, _)| *key == name)
    };
    let (_, root) = field("Root")?;
    let mut parts = root.split('-').skip(2);
    let digits = parts.next()?.strip_prefix("00000000")?;
    let trace_id = id(digits).filter(|id| *id != 0)?;
    let (_, parent) = field("Parent")?;
    let mut context = TraceContext::new(trace_id.into(), id(parent)?);
    context.sampling_priority = match field("Sampled") {
        Some((_, "1")) => Some(1),
        Some((_, "0")) => Some(0),
        _ => None,
    };
    Some(context)
}

/// 16 hex digits.
fn id(digits: &str) -> Option<u64> {
    if digits.len() != 16 || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_padded_root_is_a_datadog_trace() {
        let header = "Root=1-65f2f78c-0000000008addb5405b376c0;Parent=5abcb7ed643995c7;Sampled=1";
        let context = datadog_context(header).unwrap();
        let expected = TraceContext::new(625_397_077_193_750_208, 6_538_302_989_251_745_223);
        assert_eq!(context, expected.with_sampling_priority(1));
    }

    #[test]
    fn anything_else_is_none() {
        for header in [
            "",
            "Root=",
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1",
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
