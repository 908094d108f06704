//! In plain Rust, for processors of other kinds.

use super::{Block, Look};

/// The look of a processor that nothing is known of.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Look for Portable {
    #[inline(always)]
    fn places(self, block: &Block, byte: u8) -> u32 {
        const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
        let words = u128::from_le_bytes(*block);
        let places = |word: u64| {
            let differ = word ^ u64::from_ne_bytes([byte; 8]);
            // The highest bit of each byte that does not differ ..
            let equal = !(((differ & LOW) + LOW) | differ | LOW);
            // .. moved to the top, one next to the other.
            (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
        };
        (places(words as u64) | places((words >> 64) as u64) << 8) as u32
    }
}
