//! Trace and span ids.
//!
//! One generator per process: a SplitMix64 sequence, seeded from the operating system's entropy through
//! [`RandomState`]. A step is one atomic addition, so concurrent invocations never draw the same id and never wait.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The odd constant of SplitMix64, the golden ratio in 64 bits.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A new span id: never zero, 63 bits, as tracers in languages without unsigned integers expect.
pub(crate) fn span_id() -> u64 {
    (random() >> 1).max(1)
}

/// A new 128-bit trace id: 32 bits of Unix seconds, 32 zero bits, 64 random bits, as the Datadog tracers build it.
pub(crate) fn trace_id(unix_seconds: u64) -> u128 {
    (u128::from(unix_seconds & 0xffff_ffff) << 96) | u128::from(span_id())
}

fn random() -> u64 {
    static STATE: OnceLock<AtomicU64> = OnceLock::new();
    let state = STATE.get_or_init(|| AtomicU64::new(seed()));
    mix(state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn seed() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    hasher.write_u128(now.as_nanos());
    hasher.write_u32(std::process::id());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_positive_and_differ() {
        let ids: HashSet<u64> = (0..10_000).map(|_| span_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| (1..1 << 63).contains(id)));
    }

    #[test]
    fn a_trace_id_carries_its_second() {
        let id = trace_id(1_700_000_000);
        assert_eq!((id >> 96) as u64, 1_700_000_000);
        assert_eq!((id >> 64) as u32, 0);
        assert_ne!(id as u64, 0);
    }
}
