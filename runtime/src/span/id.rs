//! Trace and span ids.
//!
//! One generator per process: a SplitMix64 sequence, seeded from the operating system. A step is one atomic addition,
//! so concurrent invocations never draw the same id and never wait.
//!
//! Sandboxes restored from the same SnapStart snapshot would all continue the same sequence. There the generator is reseeded
//! for every invocation, not only for the first: functions may invoke themselves before the snapshot is taken.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The odd constant of SplitMix64: 2⁶⁴ divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A new span id: never zero, 63 bits, as tracers in languages without unsigned integers expect.
pub(crate) fn span_id() -> u64 {
    (generator().draw() >> 1).max(1)
}

/// A new 128-bit trace id: 32 bits of Unix seconds, 32 zero bits, 64 random bits, as the Datadog tracers build it. The
/// random part is never zero.
pub(crate) fn trace_id(unix_seconds: u64) -> u128 {
    (u128::from(unix_seconds & 0xffff_ffff) << 96) | u128::from(generator().draw().max(1))
}

/// Reseeds the generator, so that it leaves the sequence of other copies of this process.
pub(crate) fn reseed() {
    generator().reseed();
}

fn generator() -> &'static Generator {
    static GENERATOR: OnceLock<Generator> = OnceLock::new();
    GENERATOR.get_or_init(|| Generator(AtomicU64::new(seed())))
}

#[derive(Debug)]
struct Generator(AtomicU64);

impl Generator {
    fn draw(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    fn reseed(&self) {
        // Added to the state, so that the sequence changes even if the seed does not.
        self.0.fetch_add(seed() | 1, Ordering::Relaxed);
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Randomness from the operating system, which accounts for snapshots; if it cannot be read, from the process and the time.
fn seed() -> u64 {
    static RANDOM: OnceLock<Option<File>> = OnceLock::new();
    let file = RANDOM.get_or_init(|| File::open("/dev/urandom").ok());
    let mut bytes = [0; 8];
    match file.as_ref().map(|mut file| file.read_exact(&mut bytes)) {
        Some(Ok(())) => u64::from_ne_bytes(bytes),
        _ => fallback_seed(),
    }
}

fn fallback_seed() -> u64 {
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

    #[test]
    fn threads_draw_different_ids() {
        let draw = || (0..5_000).map(|_| span_id()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(draw)).collect();
        let ids = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        assert_eq!(ids.collect::<HashSet<_>>().len(), 8 * 5_000);
    }

    #[test]
    fn copies_of_a_process_part_ways_when_they_take_a_new_seed() {
        let draw = |generator: &Generator| [(); 1_000].map(|()| generator.draw());
        let copies = [(); 4].map(|()| Generator(AtomicU64::new(7)));
        let before = copies.each_ref().map(draw);
        assert!(before.iter().all(|ids| *ids == before[0]));
        copies.iter().for_each(Generator::reseed);
        let after: HashSet<u64> = copies.iter().flat_map(draw).collect();
        assert_eq!(after.len(), 4 * 1_000);
        assert!(before[0].iter().all(|id| !after.contains(id)));
    }

    #[test]
    fn seeds_differ_even_without_the_operating_system() {
        let seeds = [seed(), seed(), fallback_seed(), fallback_seed()];
        assert_eq!(HashSet::from(seeds).len(), 4);
    }
}
