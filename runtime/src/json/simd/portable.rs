//! The backend in plain Rust, for all other processors.

use super::{Block, Piece, Simd};

/// The bytes of `block` that equal `byte`: one bit per byte, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let words = u128::from_le_bytes(*block);
    let places = |word: u64| {
        let differ = word ^ u64::from_ne_bytes([byte; 8]);
        // The highest bit of each byte that is equal ..
        let equal = !(((differ & LOW) + LOW) | differ | LOW);
        // .. moved to the top, one next to the other.
        (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    (places(words as u64) | places((words >> 64) as u64) << 8) as u32
}

/// The backend for all other processors.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Simd for Portable {
    type Mask = u64;

    #[inline(always)]
    fn none(self) -> u64 {
        0
    }

    #[inline(always)]
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> u64 {
        let blocks = piece.chunks_exact(size_of::<Block>()).rev();
        blocks.fold(0, |bits, block| {
            let block: Block = std::array::from_fn(|at| block[at] | fold);
            bits << size_of::<Block>() | u64::from(places(&block, byte))
        })
    }

    #[inline(always)]
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> u64 {
        let words = piece.chunks_exact(4).rev();
        words.fold(0, |bits, other| {
            bits << 4 | if other == word { 0xf } else { 0 }
        })
    }

    #[inline(always)]
    fn and(self, one: u64, other: u64) -> u64 {
        one & other
    }

    #[inline(always)]
    fn and_not(self, one: u64, other: u64) -> u64 {
        one & !other
    }

    #[inline(always)]
    fn or(self, one: u64, other: u64) -> u64 {
        one | other
    }

    #[inline(always)]
    fn any(self, mask: u64) -> bool {
        mask != 0
    }

    #[inline(always)]
    fn bits(self, mask: u64) -> u64 {
        mask
    }
}
