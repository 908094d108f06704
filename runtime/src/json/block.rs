//! Many bytes at one look: the one place of the library that needs more than safe Rust.
//!
//! How to look at them is one module per kind of processor, each of which sees the same.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "aarch64")]
use neon::Neon as Native;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use portable::Portable as Native;
#[cfg(target_arch = "x86_64")]
use sse2::Sse2 as Native;
use std::fmt;

/// What a short look is at.
pub(super) type Block = [u8; 16];

/// What a look is at: as many bytes as a number has bits.
pub(super) type Piece = [u8; 64];

/// What a kind of processor sees at one look.
///
/// Places are numbers with one bit for each, the lowest for the first.
pub(super) trait Look: Copy {
    /// Where `byte` stands in `block`.
    fn places(self, block: &Block, byte: u8) -> u32;

    /// Where `byte` stands in `piece`.
    #[inline(always)]
    fn bits(self, piece: &Piece, byte: u8) -> u64 {
        let blocks = piece.chunks_exact(size_of::<Block>()).rev();
        blocks.fold(0, |bits, block| {
            let places = |block| self.places(block, byte);
            let places = block.try_into().map_or(0, places);
            bits << size_of::<Block>() | u64::from(places)
        })
    }

    /// In each place whether the number of bits up to it is odd.
    #[inline(always)]
    fn parities(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

/// What passes over text of any length, however the processor looks at it.
pub(super) trait Pass: Copy {
    type End: PartialEq + fmt::Debug;

    /// Must be `#[inline(always)]`, to become part of what is compiled for the processor.
    fn pass(self, look: impl Look) -> Self::End;
}

/// Passes over a text with the widest look that the processor has.
#[inline]
pub(super) fn pass<P: Pass>(pass: P) -> P::End {
    #[cfg(test)]
    tests::every_look_ends_there(pass);
    #[cfg(target_arch = "x86_64")]
    if let Some(look) = avx2::Avx2::detect() {
        return look.pass(pass);
    }
    pass.pass(Native)
}

/// Where `byte` stands in `block`, as every processor of this kind sees it.
#[inline(always)]
pub(super) fn places(block: &Block, byte: u8) -> u32 {
    Native.places(block, byte)
}

/// A short text that reads as it is written: of ASCII, without backslashes. Knowing that takes a fourth of what it takes to
/// know UTF-8, and to look for backslashes.
#[inline]
#[allow(unsafe_code)]
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut odd = 0;
    let mut see = |word: u64| {
        // A byte that is 0 borrows from its highest bit.
        let differ = word ^ u64::from_ne_bytes([b'\\'; 8]);
        odd |= word | differ.wrapping_sub(ONES) & !differ;
    };
    match bytes.last_chunk() {
        _ if bytes.len() > 64 => return None,
        Some(last) => {
            let words = bytes.chunks_exact(8);
            words.for_each(|word| see(word.try_into().map_or(0, u64::from_ne_bytes)));
            see(u64::from_ne_bytes(*last));
        }
        None => bytes.iter().for_each(|byte| see(u64::from(*byte))),
    }
    // SAFETY: the highest bit of every byte is 0, which makes it a character of its own.
    (odd & HIGHEST == 0).then(|| unsafe { std::str::from_utf8_unchecked(bytes) })
}
