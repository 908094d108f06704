//! With NEON, which every AArch64 processor has.
#![allow(unsafe_code)]

use super::{Block, Look, Piece};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u16, vgetq_lane_u64, vld1q_u8,
    vpaddq_u8, vreinterpretq_u16_u8, vreinterpretq_u64_u8,
};

/// The look of any AArch64 processor.
#[derive(Clone, Copy)]
pub(super) struct Neon;

impl Look for Neon {
    #[inline(always)]
    fn places(self, block: &Block, byte: u8) -> u32 {
        // SAFETY: the processor has NEON. Each addition of neighbours leaves half as many, in order.
        unsafe {
            let places = weighed(block, byte);
            let pairs = vpaddq_u8(places, places);
            let fours = vpaddq_u8(pairs, pairs);
            let eights = vpaddq_u8(fours, fours);
            u32::from(vgetq_lane_u16::<0>(vreinterpretq_u16_u8(eights)))
        }
    }

    #[inline(always)]
    fn bits(self, piece: &Piece, byte: u8) -> u64 {
        // SAFETY: as above; a block may begin in any place, and each of these is 16 of the 64 bytes.
        unsafe {
            let part = |at| weighed(&*piece.as_ptr().add(at).cast(), byte);
            let (low, high) = (vpaddq_u8(part(0), part(16)), vpaddq_u8(part(32), part(48)));
            let fours = vpaddq_u8(low, high);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)))
        }
    }
}

/// In each place of `block` that holds `byte` the bit that the place has among eight.
///
/// # Safety
///
/// The processor has NEON.
#[inline(always)]
unsafe fn weighed(block: &Block, byte: u8) -> uint8x16_t {
    const BITS: Block = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: as above; each load, which asks for no alignment, reads the 16 bytes of a block.
    unsafe {
        let equal = vceqq_u8(vld1q_u8(block.as_ptr()), vdupq_n_u8(byte));
        vandq_u8(equal, vld1q_u8(BITS.as_ptr()))
    }
}
