//! With SSE2, which every x86-64 processor has.
#![allow(unsafe_code)]

use super::{Block, Look};
use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

/// The look of any x86-64 processor.
#[derive(Clone, Copy)]
pub(super) struct Sse2;

impl Look for Sse2 {
    #[inline(always)]
    fn places(self, block: &Block, byte: u8) -> u32 {
        // SAFETY: the processor has SSE2, and the load, which asks for no alignment, reads the 16 bytes of `block`.
        unsafe {
            let bytes = _mm_loadu_si128(block.as_ptr().cast());
            let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
            _mm_movemask_epi8(equal) as u32
        }
    }
}
