//! The `tracestate` member of OpenTelemetry's consistent probability sampling: `ot=rv:<randomness>;th:<threshold>`.
//!
//! A trace is kept if its randomness reaches the threshold. Both have 56 bits, that is, 14 hexadecimal digits; the
//! threshold omits zeros at its end.

use super::hash;

const LARGEST: u64 = (1 << 56) - 1;

/// Adds the member for a decision before the others, unless there is one from an earlier decision.
pub(super) fn add(tracestate: &mut Option<String>, trace_id: u128, rate: f64, kept: bool) {
    let others = tracestate.as_deref().unwrap_or_default();
    if members(others).any(is_own) {
        return;
    }
    let (randomness, threshold) = values(trace_id as u64, rate, kept);
    let threshold = format!("{threshold:014x}");
    let threshold = match threshold.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let comma = if others.is_empty() { "" } else { "," };
    *tracestate = Some(format!(
        "ot=rv:{randomness:014x};th:{threshold}{comma}{others}"
    ));
}

/// Removes the threshold, since the trace was not kept by probability.
pub(super) fn forget_threshold(tracestate: &mut Option<String>) {
    let Some(state) = tracestate.as_deref() else {
        return;
    };
    if !members(state).any(|member| is_own(member) && member.contains("th:")) {
        return;
    }
    let mut all = Vec::new();
    for member in members(state) {
        let Some(own) = member.strip_prefix("ot=").filter(|_| is_own(member)) else {
            all.push(member.to_owned());
            continue;
        };
        let rest = own.split(';').filter(|item| !item.starts_with("th:"));
        let rest: Vec<&str> = rest.collect();
        if !rest.is_empty() {
            all.push(format!("ot={}", rest.join(";")));
        }
    }
    *tracestate = Some(all.join(",")).filter(|state| !state.is_empty());
}

fn members(tracestate: &str) -> impl Iterator<Item = &str> {
    let members = tracestate.split(',').map(str::trim);
    members.filter(|member| !member.is_empty())
}

fn is_own(member: &str) -> bool {
    member.starts_with("ot=")
}

/// The randomness of a trace and the threshold of a rate. They may contradict the decision, by rounding in their last
/// bits or since a limit drops what the rate keeps; then the randomness is adjusted.
fn values(trace_id: u64, rate: f64, kept: bool) -> (u64, u64) {
    let randomness = !hash(trace_id) >> 8;
    let threshold = ((1.0 - rate) * (1_u64 << 56) as f64).round() as u64;
    let threshold = threshold.min(LARGEST);
    match (randomness >= threshold, kept) {
        (false, true) => (threshold, threshold),
        (true, false) => (threshold.saturating_sub(1), threshold),
        _ => (randomness, threshold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_goes_before_other_vendors() {
        let mut state = Some("congo=t61".to_owned());
        add(&mut state, 1, 0.5, true);
        assert_eq!(
            state.as_deref(),
            Some("ot=rv:f0948a54d43b8e;th:8,congo=t61")
        );
        add(&mut state, 1, 0.25, true);
        assert_eq!(
            state.as_deref(),
            Some("ot=rv:f0948a54d43b8e;th:8,congo=t61")
        );
        let mut state = None;
        add(&mut state, 1, 1.0, true);
        assert_eq!(state.as_deref(), Some("ot=rv:f0948a54d43b8e;th:0"));
    }

    #[test]
    fn a_manual_keep_has_no_threshold() {
        for (before, after) in [
            (
                "ot=rv:f0948a54d43b8e;th:8,congo=th:1",
                Some("ot=rv:f0948a54d43b8e,congo=th:1"),
            ),
            ("a=1, ot=th:8", Some("a=1")),
            ("ot=th:8", None),
            ("a=1, b=2", Some("a=1, b=2")),
        ] {
            let mut state = Some(before.to_owned());
            forget_threshold(&mut state);
            assert_eq!(state.as_deref(), after);
        }
    }
}
