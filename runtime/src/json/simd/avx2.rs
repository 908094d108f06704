//! The AVX2 backend. Nearly all x86-64 processors that run Lambda functions have AVX2.
#![allow(unsafe_code)]

use super::{Kernel, Piece, Simd};
use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_cmpeq_epi32, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi32, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm_set_epi64x,
};

/// The backend for AVX2 and PCLMULQDQ. A value exists only if [`detect`](Self::detect) has found both, which makes its
/// methods safe.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The backend, if this processor has both.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("pclmulqdq");
        has.then_some(Self(()))
    }

    /// Runs a kernel, compiled for AVX2 and PCLMULQDQ.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::End {
        // SAFETY: `self` exists, so the processor has AVX2 and PCLMULQDQ.
        unsafe { self.compiled(kernel) }
    }

    #[target_feature(enable = "avx2,pclmulqdq")]
    unsafe fn compiled<K: Kernel>(self, kernel: K) -> K::End {
        kernel.run(self)
    }

    #[inline(always)]
    fn load(self, piece: &Piece) -> [__m256i; 2] {
        let start = piece.as_ptr();
        // SAFETY: `self` exists, so the processor has AVX2; each load, which needs no alignment, reads 32 of the 64 bytes.
        unsafe {
            [
                _mm256_loadu_si256(start.cast()),
                _mm256_loadu_si256(start.add(32).cast()),
            ]
        }
    }
}

impl Simd for Avx2 {
    type Mask = [__m256i; 2];

    #[inline(always)]
    fn none(self) -> Self::Mask {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe { [_mm256_setzero_si256(); 2] }
    }

    #[inline(always)]
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Mask {
        let [a, b] = self.load(piece);
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe {
            let (byte, fold) = (_mm256_set1_epi8(byte as i8), _mm256_set1_epi8(fold as i8));
            [
                _mm256_cmpeq_epi8(_mm256_or_si256(a, fold), byte),
                _mm256_cmpeq_epi8(_mm256_or_si256(b, fold), byte),
            ]
        }
    }

    #[inline(always)]
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Mask {
        let [a, b] = self.load(piece);
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe {
            let word = _mm256_set1_epi32(i32::from_ne_bytes(word));
            [_mm256_cmpeq_epi32(a, word), _mm256_cmpeq_epi32(b, word)]
        }
    }

    #[inline(always)]
    fn and(self, [a, b]: Self::Mask, [c, d]: Self::Mask) -> Self::Mask {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe { [_mm256_and_si256(a, c), _mm256_and_si256(b, d)] }
    }

    #[inline(always)]
    fn and_not(self, [a, b]: Self::Mask, [c, d]: Self::Mask) -> Self::Mask {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe { [_mm256_andnot_si256(c, a), _mm256_andnot_si256(d, b)] }
    }

    #[inline(always)]
    fn or(self, [a, b]: Self::Mask, [c, d]: Self::Mask) -> Self::Mask {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe { [_mm256_or_si256(a, c), _mm256_or_si256(b, d)] }
    }

    #[inline(always)]
    fn any(self, [a, b]: Self::Mask) -> bool {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        unsafe { _mm256_movemask_epi8(_mm256_or_si256(a, b)) != 0 }
    }

    #[inline(always)]
    fn bits(self, [a, b]: Self::Mask) -> u64 {
        // SAFETY: `self` exists, so the processor has AVX2; no memory is accessed.
        let (low, high) = unsafe { (_mm256_movemask_epi8(a), _mm256_movemask_epi8(b)) };
        u64::from(low as u32) | u64::from(high as u32) << 32
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // Each bit of the carry-less product with all ones is the XOR of the bits up to and including it.
        // SAFETY: `self` exists, so the processor has PCLMULQDQ; no memory is accessed.
        unsafe {
            let bits = _mm_set_epi64x(0, bits as i64);
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1))) as u64
        }
    }
}
