//! The `ot` member of `tracestate`, with which OpenTelemetry's samplers make consistent decisions: `rv`, the randomness
//! of the trace, and `th`, the threshold it passed.

/// The value without malformed `rv` and `th`; other sub-keys are kept. `None` if nothing is left.
pub(super) fn checked(value: &str) -> Option<String> {
    let items = value.split(';').filter(|item| !item.is_empty());
    let valid = |item: &&str| match item.split_once(':') {
        Some(("rv", digits)) => digits.len() == 14 && is_hex(digits),
        Some(("th", digits)) => (1..=14).contains(&digits.len()) && is_hex(digits),
        _ => true,
    };
    let kept: Vec<&str> = items.filter(valid).collect();
    (!kept.is_empty()).then(|| kept.join(";"))
}

fn is_hex(digits: &str) -> bool {
    let lower = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digits.bytes().all(lower)
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn what_is_malformed_goes_and_the_rest_stays() {
        for (value, kept) in [
            (
                "rv:ef284ace7a91e1;th:e6666666666668;foo:bar",
                Some("rv:ef284ace7a91e1;th:e6666666666668;foo:bar"),
            ),
            ("th:0", Some("th:0")),
            ("rv:ef284ace7a91e;th:8", Some("th:8")),
            ("th:;rv:EF284ACE7A91E1;x", Some("x")),
            ("th:123456789012345", None),
            ("", None),
        ] {
            assert_eq!(checked(value).as_deref(), kept, "{value}");
        }
    }
}
