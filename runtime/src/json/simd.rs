//! Compares 64 bytes at a time: the only module of the library with `unsafe` code.
//!
//! Most JSON is skipped, not parsed. That takes finding names and the ends of strings, objects and arrays, each of which
//! compares several bytes at once and depends on those before (an escaped quote ends nothing). `memchr` finds one byte,
//! and is used where that is rare; in JSON within a string it would stop at every quote. `benches/README.md` has
//! measurements of the extraction built on this.
//!
//! Each backend implements the same few operations for one kind of processor. A [`Kernel`] is written once against
//! [`Simd`] and compiled for each backend. In tests, every kernel that runs is run by every backend of the machine, and
//! all results must be equal.

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

/// The bytes of one short comparison, see [`places`].
pub(super) type Block = [u8; 16];

/// The bytes of one comparison: as many as a `u64` has bits.
pub(super) type Piece = [u8; 64];

/// A backend: comparisons of all bytes of a piece, and operations on their results.
///
/// All but the portable one call intrinsics: with `opt-level = "s"` the compiler does not vectorise loops.
pub(super) trait Simd: Copy {
    /// The result of a comparison: all bits of a byte are set if it holds for that byte, else none.
    type Mask: Copy;

    fn none(self) -> Self::Mask;

    /// The bytes that equal `byte` once the bits of `fold` are set in them.
    fn equal(self, piece: &Piece, byte: u8, fold: u8) -> Self::Mask;

    /// The bytes of each aligned group of four that equals `word`.
    fn equal_words(self, piece: &Piece, word: [u8; 4]) -> Self::Mask;

    fn and(self, one: Self::Mask, other: Self::Mask) -> Self::Mask;

    fn and_not(self, one: Self::Mask, other: Self::Mask) -> Self::Mask;

    fn or(self, one: Self::Mask, other: Self::Mask) -> Self::Mask;

    fn any(self, mask: Self::Mask) -> bool;

    /// One bit per byte, the lowest for the first.
    fn bits(self, mask: Self::Mask) -> u64;

    /// For each bit, whether the number of bits set up to and including it is odd.
    #[inline(always)]
    fn prefix_xor(self, mut bits: u64) -> u64 {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        bits ^ bits << 32
    }

    /// The bytes of `piece` that equal `byte`: one bit per byte, the lowest for the first.
    #[inline(always)]
    fn places(self, piece: &Piece, byte: u8) -> u64 {
        self.bits(self.equal(piece, byte, 0))
    }
}

/// A pass over text of any length, for any backend.
pub(super) trait Kernel: Copy {
    type End: PartialEq + fmt::Debug;

    /// Must be `#[inline(always)]`, as must all functions it passes `simd` to: only what is inlined into a backend's
    /// entry point is compiled with its instructions. For the same reason no closure may use `simd`.
    fn run(self, simd: impl Simd) -> Self::End;
}

/// Runs a kernel with the widest backend that the processor supports.
#[inline]
pub(super) fn dispatch<K: Kernel>(kernel: K) -> K::End {
    #[cfg(test)]
    tests::every_backend_agrees(kernel);
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = avx2::Avx2::detect() {
        return simd.run(kernel);
    }
    kernel.run(Native)
}

/// The text, if it is short and ASCII without backslashes, so that it needs no decoding. Takes a quarter of the time of
/// validating UTF-8 and searching for backslashes.
#[inline]
#[allow(unsafe_code)]
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut odd = 0;
    let mut see = |word: u64| {
        // The subtraction sets the highest bit of a byte that is 0, that is, of a backslash.
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
    // SAFETY: every byte is in `odd`: in the words of eight and the last eight bytes, which may overlap them, or one by
    // one if there are fewer than eight. No highest bit is set, so all bytes are ASCII, which is valid UTF-8.
    (odd & HIGHEST == 0).then(|| unsafe { std::str::from_utf8_unchecked(bytes) })
}
