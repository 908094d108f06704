//! With SSE2, which every x86-64 processor has.
#![allow(unsafe_code)]

use super::{bits_of_blocks, Block};
use std::arch::x86_64::{
    _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi32, _mm_cmpeq_epi8, _mm_loadu_si128,
    _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi32, _mm_set1_epi8, _mm_setzero_si128,
};

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    // SAFETY: the processor has SSE2, and the load, which asks for no alignment, reads the 16 bytes of `block`.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
        _mm_movemask_epi8(equal) as u32
    }
}

/// Where `byte` stands in `piece`, in the same way.
#[inline(always)]
pub(in crate::json) fn bits(piece: &[u8; 64], byte: u8) -> u64 {
    bits_of_blocks(piece, |block| places(block, byte))
}

/// Where one of `pairs` stands: its first byte in `block`, its second in `next`, which is the block one further. The bits of
/// `fold` are set in every byte before it is compared.
#[inline(always)]
pub(in crate::json) fn any_pair(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    // SAFETY: as above.
    unsafe {
        let fold = _mm_set1_epi8(fold as i8);
        let firsts = _mm_or_si128(_mm_loadu_si128(block.as_ptr().cast()), fold);
        let seconds = _mm_or_si128(_mm_loadu_si128(next.as_ptr().cast()), fold);
        let mut found = _mm_setzero_si128();
        for [first, second] in pairs {
            let first = _mm_cmpeq_epi8(firsts, _mm_set1_epi8(*first as i8));
            let second = _mm_cmpeq_epi8(seconds, _mm_set1_epi8(*second as i8));
            found = _mm_or_si128(found, _mm_and_si128(first, second));
        }
        _mm_movemask_epi8(found) as u32
    }
}

/// Whether one of `pairs` begins in `piece`, but for its last byte; `FOLD` as above.
#[inline(always)]
pub(in crate::json) fn has_pair<const N: usize, const FOLD: u8>(
    piece: &[u8; 65],
    pairs: &[[u8; 2]; N],
) -> bool {
    // SAFETY: as above; each load reads 16 of the 65 bytes, the last one those at 49 to 64.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let fold = _mm_set1_epi8(FOLD as i8);
            let firsts = _mm_or_si128(_mm_loadu_si128(piece.as_ptr().add(at).cast()), fold);
            let seconds = _mm_or_si128(_mm_loadu_si128(piece.as_ptr().add(at + 1).cast()), fold);
            for [first, second] in pairs {
                let first = _mm_cmpeq_epi8(firsts, _mm_set1_epi8(*first as i8));
                let second = _mm_cmpeq_epi8(seconds, _mm_set1_epi8(*second as i8));
                found = _mm_or_si128(found, _mm_and_si128(first, second));
            }
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// Whether one of `bytes` stands in `piece`.
#[inline(always)]
pub(in crate::json) fn has_any<const N: usize>(piece: &[u8; 64], bytes: &[u8; N]) -> bool {
    // SAFETY: as above; each load reads 16 of the 64 bytes.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let block = _mm_loadu_si128(piece.as_ptr().add(at).cast());
            for byte in bytes {
                found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(*byte as i8)));
            }
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// Whether a quote may end a string that stands behind the first two bytes: with no backslash before it, or at least two.
#[inline(always)]
pub(in crate::json) fn may_end(bytes: &[u8; 66]) -> bool {
    // SAFETY: as above; each load reads 16 of the 66 bytes, the last one those at 50 to 65.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let is = |at: usize, byte: u8| {
                let block = _mm_loadu_si128(bytes.as_ptr().add(at).cast());
                _mm_cmpeq_epi8(block, _mm_set1_epi8(byte as i8))
            };
            let one_before = _mm_andnot_si128(is(at, b'\\'), is(at + 1, b'\\'));
            let ends = _mm_andnot_si128(one_before, is(at + 2, b'"'));
            found = _mm_or_si128(found, ends);
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// Whether one of `words` stands in `piece`, at a place divisible by four.
#[inline(always)]
pub(in crate::json) fn has_word<const N: usize>(piece: &[u8; 64], words: &[[u8; 4]; N]) -> bool {
    // SAFETY: as above; each load reads 16 of the 64 bytes.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let block = _mm_loadu_si128(piece.as_ptr().add(at).cast());
            for word in words {
                let word = _mm_set1_epi32(i32::from_ne_bytes(*word));
                found = _mm_or_si128(found, _mm_cmpeq_epi32(block, word));
            }
        }
        _mm_movemask_epi8(found) != 0
    }
}
