//! The NEON backend. Every AArch64 processor has NEON.
#![allow(unsafe_code)]

use super::{Block, Piece, Simd};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vbicq_u8, vceqq_u32, vceqq_u8, vdupq_n_u32, vdupq_n_u8, vgetq_lane_u16,
    vgetq_lane_u64, vld1q_u8, vmaxvq_u8, vorrq_u8, vpaddq_u8, vreinterpretq_u16_u8,
    vreinterpretq_u32_u8, vreinterpretq_u64_u8, vreinterpretq_u8_u32,
};

/// The bytes of `block` that equal `byte`: one bit per byte, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    // SAFETY: the processor has NEON; the load, which needs no alignment, reads the 16 bytes of `block`. Each pairwise
    // addition halves the number of values and keeps their order.
    unsafe {
        let places = weighed(vceqq_u8(vld1q_u8(block.as_ptr()), vdupq_n_u8(byte)));
        let pairs = vpaddq_u8(places, places);
        let fours = vpaddq_u8(pairs, pairs);
        let eights = vpaddq_u8(fours, fours);
        u32::from(vgetq_lane_u16::<0>(vreinterpretq_u16_u8(eights)))
    }
}

/// The backend for any AArch64 processor.
#[derive(Clone, Copy)]
pub(super) struct Neon;

impl Simd for Neon {
    type Mask = [uint8x16_t; 4];

    #[inline(always)]
    fn none(self) -> Self::Mask {
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe { [vdupq_n_u8(0); 4] }
    }

    #[inline(always)]
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Mask {
        let [a, b, c, d] = load(piece);
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe {
            let (byte, fold) = (vdupq_n_u8(byte), vdupq_n_u8(fold));
            [
                vceqq_u8(vorrq_u8(a, fold), byte),
                vceqq_u8(vorrq_u8(b, fold), byte),
                vceqq_u8(vorrq_u8(c, fold), byte),
                vceqq_u8(vorrq_u8(d, fold), byte),
            ]
        }
    }

    #[inline(always)]
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Mask {
        let [a, b, c, d] = load(piece);
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe {
            let word = vdupq_n_u32(u32::from_ne_bytes(word));
            [
                vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(a), word)),
                vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(b), word)),
                vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(c), word)),
                vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(d), word)),
            ]
        }
    }

    #[inline(always)]
    fn and(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe {
            [
                vandq_u8(a, e),
                vandq_u8(b, f),
                vandq_u8(c, g),
                vandq_u8(d, h),
            ]
        }
    }

    #[inline(always)]
    fn and_not(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe {
            [
                vbicq_u8(a, e),
                vbicq_u8(b, f),
                vbicq_u8(c, g),
                vbicq_u8(d, h),
            ]
        }
    }

    #[inline(always)]
    fn or(self, [a, b, c, d]: Self::Mask, [e, f, g, h]: Self::Mask) -> Self::Mask {
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe {
            [
                vorrq_u8(a, e),
                vorrq_u8(b, f),
                vorrq_u8(c, g),
                vorrq_u8(d, h),
            ]
        }
    }

    #[inline(always)]
    fn any(self, [a, b, c, d]: Self::Mask) -> bool {
        // SAFETY: the processor has NEON; no memory is accessed.
        unsafe { vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) != 0 }
    }

    #[inline(always)]
    fn bits(self, [a, b, c, d]: Self::Mask) -> u64 {
        // SAFETY: the processor has NEON; no memory is accessed. Each pairwise addition halves the number of values and
        // keeps their order.
        unsafe {
            let (low, high) = (
                vpaddq_u8(weighed(a), weighed(b)),
                vpaddq_u8(weighed(c), weighed(d)),
            );
            let fours = vpaddq_u8(low, high);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)))
        }
    }
}

#[inline(always)]
fn load(piece: &Piece) -> [uint8x16_t; 4] {
    let start = piece.as_ptr();
    // SAFETY: the processor has NEON; each load, which needs no alignment, reads 16 of the 64 bytes.
    unsafe {
        [
            vld1q_u8(start),
            vld1q_u8(start.add(16)),
            vld1q_u8(start.add(32)),
            vld1q_u8(start.add(48)),
        ]
    }
}

/// Reduces every byte that is set to one bit of eight, by its position.
///
/// # Safety
///
/// The processor has NEON.
#[inline(always)]
unsafe fn weighed(mask: uint8x16_t) -> uint8x16_t {
    const BITS: Block = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: the caller's promise; the load reads the 16 bytes of `BITS`.
    unsafe { vandq_u8(mask, vld1q_u8(BITS.as_ptr())) }
}
