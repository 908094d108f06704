//! With NEON, which every AArch64 processor has. What only asks whether something is there is compiled well enough from plain
//! Rust; here is what asks where.
#![allow(unsafe_code)]

pub(in crate::json) use super::portable::{has_any, has_pair, has_word, may_end};
use super::Block;
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u16, vgetq_lane_u64, vld1q_u8, vorrq_u8,
    vpaddq_u8, vreinterpretq_u16_u8, vreinterpretq_u64_u8,
};

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
    // SAFETY: the processor has NEON, and the load, which asks for no alignment, reads the 16 bytes of `block`.
    unsafe { all_places(vceqq_u8(vld1q_u8(block.as_ptr()), vdupq_n_u8(byte))) }
}

/// Where `byte` stands in `piece`, in the same way.
#[inline(always)]
pub(in crate::json) fn bits(piece: &[u8; 64], byte: u8) -> u64 {
    // SAFETY: as above; each load reads 16 of the 64 bytes.
    unsafe {
        let find = |at| {
            let block = vld1q_u8(piece.as_ptr().add(at));
            weighed(vceqq_u8(block, vdupq_n_u8(byte)))
        };
        let (low, high) = (vpaddq_u8(find(0), find(16)), vpaddq_u8(find(32), find(48)));
        let pairs = vpaddq_u8(low, high);
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)))
    }
}

/// Where one of `pairs` stands: its first byte in `block`, its second in `next`, which is the block one further. The bits of
/// `fold` are set in every byte before it is compared.
#[inline(always)]
pub(in crate::json) fn any_pair(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    // SAFETY: as above.
    unsafe {
        let fold = vdupq_n_u8(fold);
        let firsts = vorrq_u8(vld1q_u8(block.as_ptr()), fold);
        let seconds = vorrq_u8(vld1q_u8(next.as_ptr()), fold);
        let mut found = vdupq_n_u8(0);
        for [first, second] in pairs {
            let first = vceqq_u8(firsts, vdupq_n_u8(*first));
            let second = vceqq_u8(seconds, vdupq_n_u8(*second));
            found = vorrq_u8(found, vandq_u8(first, second));
        }
        all_places(found)
    }
}

/// One bit for each place that is set, the lowest for the first.
///
/// # Safety
///
/// The processor has NEON.
#[inline(always)]
unsafe fn all_places(found: uint8x16_t) -> u32 {
    // SAFETY: as above. Each addition of neighbours leaves half as many, in order.
    unsafe {
        let weighed = weighed(found);
        let pairs = vpaddq_u8(weighed, weighed);
        let fours = vpaddq_u8(pairs, pairs);
        let eights = vpaddq_u8(fours, fours);
        u32::from(vgetq_lane_u16::<0>(vreinterpretq_u16_u8(eights)))
    }
}

/// In each place that is set the bit that it has among eight.
///
/// # Safety
///
/// As above.
#[inline(always)]
unsafe fn weighed(found: uint8x16_t) -> uint8x16_t {
    const BITS: Block = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: as above; the load reads the 16 bytes of `BITS`.
    unsafe { vandq_u8(found, vld1q_u8(BITS.as_ptr())) }
}
