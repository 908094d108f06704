//! The SSE2 backend. Every x86-64 processor has SSE2.
#![allow(unsafe_code)]

use super::{Block, Piece, Simd};
use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi32, _mm_cmpeq_epi8, _mm_loadu_si128,
    _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi32, _mm_set1_epi8, _mm_setzero_si128,
};

/// The bytes of `block` that equal `byte`: one bit per byte, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    // SAFETY: the processor has SSE2; the load, which needs no alignment, reads the 16 bytes of `block`.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
        _mm_movemask_epi8(equal) as u32
    }
}

/// The backend for any x86-64 processor.
#[derive(Clone, Copy)]
pub(super) struct Sse2;

impl Simd for Sse2 {
    type Mask = [__m128i; 4];

    #[inline(always)]
    fn none(self) -> Self::Mask {
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe { [_mm_setzero_si128(); 4] }
    }

    #[inline(always)]
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Mask {
        let [a, b, c, d] = load(piece);
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            let (byte, fold) = (_mm_set1_epi8(byte as i8), _mm_set1_epi8(fold as i8));
            [
                _mm_cmpeq_epi8(_mm_or_si128(a, fold), byte),
                _mm_cmpeq_epi8(_mm_or_si128(b, fold), byte),
                _mm_cmpeq_epi8(_mm_or_si128(c, fold), byte),
                _mm_cmpeq_epi8(_mm_or_si128(d, fold), byte),
            ]
        }
    }

    #[inline(always)]
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Mask {
        let [a, b, c, d] = load(piece);
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            let word = _mm_set1_epi32(i32::from_ne_bytes(word));
            [
                _mm_cmpeq_epi32(a, word),
                _mm_cmpeq_epi32(b, word),
                _mm_cmpeq_epi32(c, word),
                _mm_cmpeq_epi32(d, word),
            ]
        }
    }

    #[inline(always)]
    fn and(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            [
                _mm_and_si128(a, e),
                _mm_and_si128(b, f),
                _mm_and_si128(c, g),
                _mm_and_si128(d, h),
            ]
        }
    }

    #[inline(always)]
    fn and_not(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            [
                _mm_andnot_si128(e, a),
                _mm_andnot_si128(f, b),
                _mm_andnot_si128(g, c),
                _mm_andnot_si128(h, d),
            ]
        }
    }

    #[inline(always)]
    fn or(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            [
                _mm_or_si128(a, e),
                _mm_or_si128(b, f),
                _mm_or_si128(c, g),
                _mm_or_si128(d, h),
            ]
        }
    }

    #[inline(always)]
    fn any(self, [a, b, c, d]: Self::Mask) -> bool {
        // SAFETY: the processor has SSE2; no memory is accessed.
        unsafe {
            let (low, high) = (_mm_or_si128(a, b), _mm_or_si128(c, d));
            _mm_movemask_epi8(_mm_or_si128(low, high)) != 0
        }
    }

    #[inline(always)]
    fn bits(self, [a, b, c, d]: Self::Mask) -> u64 {
        // SAFETY: the processor has SSE2; no memory is accessed.
        let [a, b, c, d] = unsafe {
            [
                _mm_movemask_epi8(a) as u64,
                _mm_movemask_epi8(b) as u64,
                _mm_movemask_epi8(c) as u64,
                _mm_movemask_epi8(d) as u64,
            ]
        };
        a | b << 16 | c << 32 | d << 48
    }
}

#[inline(always)]
fn load(piece: &Piece) -> [__m128i; 4] {
    let start = piece.as_ptr();
    // SAFETY: the processor has SSE2; each load, which needs no alignment, reads 16 of the 64 bytes.
    unsafe {
        [
            _mm_loadu_si128(start.cast()),
            _mm_loadu_si128(start.add(16).cast()),
            _mm_loadu_si128(start.add(32).cast()),
            _mm_loadu_si128(start.add(48).cast()),
        ]
    }
}
