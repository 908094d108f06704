//! Many bytes at one look: the one place of the library that needs more than safe Rust.
//!
//! How to look at them is one module per kind of processor, each of which sees the same.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
#[cfg(any(
    test,
    not(any(target_arch = "aarch64", target_arch = "x86_64")),
    target_endian = "big"
))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use neon::{self as native, Neon as Native};
#[cfg(any(
    not(any(target_arch = "aarch64", target_arch = "x86_64")),
    target_endian = "big"
))]
use portable::{self as native, Portable as Native};
#[cfg(target_arch = "x86_64")]
use sse2::{self as native, Sse2 as Native};
use std::fmt;

pub(super) use native::places;

/// What a short look is at.
pub(super) type Block = [u8; 16];

/// What a look is at: as many bytes as a number has bits.
pub(super) type Piece = [u8; 64];

/// What a kind of processor sees at one look: for each byte of a piece whether something holds.
///
/// All but the portable one is in so many words, since compilers that are asked for small code make nothing of plain loops.
pub(super) trait Look: Copy {
    /// Which bytes they are of which something holds: all bits of each of those are set, and none of the others.
    type Those: Copy;

    fn none(self) -> Self::Those;

    /// Those that are `byte` once the bits of `fold` are set in them.
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Those;

    /// All four of each four, counted from the first, that are `word`.
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Those;

    fn and(self, one: Self::Those, other: Self::Those) -> Self::Those;

    fn and_not(self, one: Self::Those, other: Self::Those) -> Self::Those;

    fn or(self, one: Self::Those, other: Self::Those) -> Self::Those;

    fn is_any(self, those: Self::Those) -> bool;

    /// One bit for each byte, the lowest for the first.
    fn bits(self, those: Self::Those) -> u64;

    /// In each place whether the number of bits up to it is odd.
    #[inline(always)]
    fn parities(self, mut bits: u64) -> u64 {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        bits ^ bits << 32
    }

    /// Where `byte` stands in `piece`.
    #[inline(always)]
    fn places(self, piece: &Piece, byte: u8) -> u64 {
        self.bits(self.equal(piece, byte, 0))
    }
}

/// What goes through text of any length, however the processor looks at it.
pub(super) trait Walk: Copy {
    type End: PartialEq + fmt::Debug;

    /// Must be `#[inline(always)]`, as all that it hands the look to, to become part of what is compiled for the processor. No
    /// closure may use the look: that would be a function of its own.
    fn walk(self, look: impl Look) -> Self::End;
}

/// Goes through a text with the widest look that the processor has.
#[inline]
pub(super) fn widely<W: Walk>(walk: W) -> W::End {
    #[cfg(test)]
    tests::every_look_ends_there(walk);
    #[cfg(target_arch = "x86_64")]
    if let Some(look) = avx2::Avx2::detect() {
        return look.go(walk);
    }
    walk.walk(Native)
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
