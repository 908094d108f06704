//! With NEON, which every AArch64 processor has.
#![allow(unsafe_code)]

use super::{Block, Look, Piece};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vbicq_u8, vceqq_u32, vceqq_u8, vdupq_n_u32, vdupq_n_u8, vgetq_lane_u16,
    vgetq_lane_u64, vld1q_u8, vmaxvq_u8, vorrq_u8, vpaddq_u8, vreinterpretq_u16_u8,
    vreinterpretq_u32_u8, vreinterpretq_u64_u8, vreinterpretq_u8_u32,
};

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    // SAFETY: the processor has NEON, and the load, which asks for no alignment, reads the 16 bytes of `block`. Each addition of
    // neighbours leaves half as many, in order.
    unsafe {
        let places = weighed(vceqq_u8(vld1q_u8(block.as_ptr()), vdupq_n_u8(byte)));
        let pairs = vpaddq_u8(places, places);
        let fours = vpaddq_u8(pairs, pairs);
        let eights = vpaddq_u8(fours, fours);
        u32::from(vgetq_lane_u16::<0>(vreinterpretq_u16_u8(eights)))
    }
}

/// The look of any AArch64 processor.
#[derive(Clone, Copy)]
pub(super) struct Neon;

impl Look for Neon {
    type Those = [uint8x16_t; 4];

    #[inline(always)]
    fn none(self) -> Self::Those {
        // SAFETY: the processor has NEON.
        unsafe { [vdupq_n_u8(0); 4] }
    }

    #[inline(always)]
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Those {
        let [a, b, c, d] = load(piece);
        // SAFETY: as above.
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
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Those {
        let [a, b, c, d] = load(piece);
        // SAFETY: as above.
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
    fn and(self, [a, b, c, d]: Self::Those, [e, f, g, h]: Self::Those) -> Self::Those {
        // SAFETY: as above.
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
    fn and_not(self, [a, b, c, d]: Self::Those, [e, f, g, h]: Self::Those) -> Self::Those {
        // SAFETY: as above.
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
    fn or(self, [a, b, c, d]: Self::Those, [e, f, g, h]: Self::Those) -> Self::Those {
        // SAFETY: as above.
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
    fn is_any(self, [a, b, c, d]: Self::Those) -> bool {
        // SAFETY: as above.
        unsafe { vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) != 0 }
    }

    #[inline(always)]
    fn bits(self, [a, b, c, d]: Self::Those) -> u64 {
        // SAFETY: as above. Each addition of neighbours leaves half as many, in order.
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
    // SAFETY: the processor has NEON, and each load, which asks for no alignment, reads 16 of the 64 bytes.
    unsafe {
        [
            vld1q_u8(start),
            vld1q_u8(start.add(16)),
            vld1q_u8(start.add(32)),
            vld1q_u8(start.add(48)),
        ]
    }
}

/// In each place that is set the bit that it has among eight.
///
/// # Safety
///
/// The processor has NEON.
#[inline(always)]
unsafe fn weighed(those: uint8x16_t) -> uint8x16_t {
    const BITS: Block = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: as above; the load reads the 16 bytes of `BITS`.
    unsafe { vandq_u8(those, vld1q_u8(BITS.as_ptr())) }
}
