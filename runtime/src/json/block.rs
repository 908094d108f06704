//! Sixteen or sixty-four bytes at one look: the one place of the library that needs more than safe Rust.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(target_arch = "x86_64")))]
// Part of it is enough for NEON.
#[cfg_attr(target_arch = "aarch64", allow(dead_code))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "aarch64")]
use neon as native;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use portable as native;
#[cfg(target_arch = "x86_64")]
use sse2 as native;

pub(super) use native::{any_pair, bits, has_any, has_pair, has_word, may_end, places};

/// What is looked at together.
pub(super) type Block = [u8; 16];

/// Where something stands in `piece`, given what says where it stands in a block.
#[inline(always)]
fn bits_of_blocks(piece: &[u8; 64], places: impl Fn(&Block) -> u32) -> u64 {
    let blocks = piece.chunks_exact(size_of::<Block>()).rev();
    blocks.fold(0, |bits, block| {
        let places = block.try_into().map_or(0, &places);
        bits << size_of::<Block>() | u64::from(places)
    })
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
