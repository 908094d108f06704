//! With AVX2, which nearly all x86-64 processors have that run Lambda functions.
#![allow(unsafe_code)]

use super::sse2::Sse2;
use super::{Block, Look, Pass, Piece};
use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
    _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm_set_epi64x,
};

/// The look of a processor with AVX2; there is one only on such a processor.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The look of this processor, if it has AVX2.
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("pclmulqdq");
        has.then_some(Self(()))
    }

    /// Passes over a text, compiled for such a processor.
    pub(super) fn pass<P: Pass>(self, pass: P) -> P::End {
        // SAFETY: `self` says that the processor has them.
        unsafe { self.pass_with(pass) }
    }

    #[target_feature(enable = "avx2,pclmulqdq")]
    unsafe fn pass_with<P: Pass>(self, pass: P) -> P::End {
        pass.pass(self)
    }
}

impl Look for Avx2 {
    #[inline(always)]
    fn places(self, block: &Block, byte: u8) -> u32 {
        Sse2.places(block, byte)
    }

    #[inline(always)]
    fn bits(self, piece: &Piece, byte: u8) -> u64 {
        // SAFETY: the processor has AVX2, and each load, which asks for no alignment, reads 32 of the 64 bytes of `piece`.
        unsafe {
            let places = |at| {
                let half = _mm256_loadu_si256(piece.as_ptr().add(at).cast());
                let equal = _mm256_cmpeq_epi8(half, _mm256_set1_epi8(byte as i8));
                u64::from(_mm256_movemask_epi8(equal) as u32)
            };
            places(32) << 32 | places(0)
        }
    }

    #[inline(always)]
    fn parities(self, bits: u64) -> u64 {
        // SAFETY: the processor can multiply without carrying, which by ones adds up without carrying.
        unsafe {
            let bits = _mm_set_epi64x(0, bits as i64);
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1))) as u64
        }
    }
}
