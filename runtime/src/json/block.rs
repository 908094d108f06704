//! Sixteen bytes at one look: the one place of the library that needs more than safe Rust.

/// What is looked at together.
pub(super) type Block = [u8; 16];

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn places(block: &Block, byte: u8) -> u32 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    // SAFETY: every x86-64 processor has SSE2, and the load, which asks for no alignment, reads the 16 bytes of `block`.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
        _mm_movemask_epi8(equal) as u32
    }
}

/// Where one of `pairs` stands: its first byte in `block`, its second in `next`, which is the block one further. The bits of
/// `fold` are set in every byte before it is compared.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn any_pair(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    use std::arch::x86_64::{
        _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_setzero_si128,
    };
    // SAFETY: as above.
    unsafe {
        let fold = _mm_set1_epi8(fold as i8);
        let firsts = _mm_or_si128(_mm_loadu_si128(block.as_ptr().cast()), fold);
        let seconds = _mm_or_si128(_mm_loadu_si128(next.as_ptr().cast()), fold);
        let mut found = _mm_setzero_si128();
        for [first, second] in pairs {
            let first = _mm_cmpeq_epi8(firsts, _mm_set1_epi8(*first as i8));
            let second = _mm_cmpeq_epi8(seconds, _mm_set1_epi8(*second as i8));
            found = _mm_or_si128(found, _mm_and_si128(first, second));
        }
        _mm_movemask_epi8(found) as u32
    }
}

/// Whether one of `pairs` begins in `piece`, but for its last byte; `FOLD` as above.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn has_pair<const N: usize, const FOLD: u8>(
    piece: &[u8; 65],
    pairs: &[[u8; 2]; N],
) -> bool {
    use std::arch::x86_64::{
        _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_setzero_si128,
    };
    // SAFETY: as above; each load reads 16 of the 65 bytes, the last one those at 49 to 64.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let fold = _mm_set1_epi8(FOLD as i8);
            let firsts = _mm_or_si128(_mm_loadu_si128(piece.as_ptr().add(at).cast()), fold);
            let seconds = _mm_or_si128(_mm_loadu_si128(piece.as_ptr().add(at + 1).cast()), fold);
            for [first, second] in pairs {
                let first = _mm_cmpeq_epi8(firsts, _mm_set1_epi8(*first as i8));
                let second = _mm_cmpeq_epi8(seconds, _mm_set1_epi8(*second as i8));
                found = _mm_or_si128(found, _mm_and_si128(first, second));
            }
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// The same in words of eight bytes.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn has_pair<const N: usize, const FOLD: u8>(
    piece: &[u8; 65],
    pairs: &[[u8; 2]; N],
) -> bool {
    portable_has_pair(piece, pairs, FOLD)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable_has_pair(piece: &[u8; 65], pairs: &[[u8; 2]], fold: u8) -> bool {
    [0, 16, 32, 48].into_iter().any(|at| {
        let blocks = piece[at..].first_chunk().zip(piece[at + 1..].first_chunk());
        blocks.is_some_and(|(block, next)| portable_pairs(block, next, pairs, fold) != 0)
    })
}

/// The same in words of eight bytes.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn any_pair(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    portable_pairs(block, next, pairs, fold)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable_pairs(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    let (firsts, seconds) = (block.map(|byte| byte | fold), next.map(|byte| byte | fold));
    pairs.iter().fold(0, |found, [first, second]| {
        found | portable(&firsts, *first) & portable(&seconds, *second)
    })
}

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn places(block: &Block, byte: u8) -> u32 {
    portable(block, byte)
}

/// Whether `byte` stands in `piece`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn has(piece: &[u8; 64], byte: u8) -> bool {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_setzero_si128,
    };
    // SAFETY: as above; each load reads 16 of the 64 bytes.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let block = _mm_loadu_si128(piece.as_ptr().add(at).cast());
            found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(byte as i8)));
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// The same, byte by byte.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn has(piece: &[u8; 64], byte: u8) -> bool {
    piece
        .iter()
        .fold(false, |found, other| found | (*other == byte))
}

/// Whether a quote may end a string that stands behind the first two bytes: with no backslash before it, or at least two.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn may_end(bytes: &[u8; 66]) -> bool {
    use std::arch::x86_64::{
        _mm_andnot_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_setzero_si128,
    };
    // SAFETY: as above; each load reads 16 of the 66 bytes, the last one those at 50 to 65.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let is = |at: usize, byte: u8| {
                let block = _mm_loadu_si128(bytes.as_ptr().add(at).cast());
                _mm_cmpeq_epi8(block, _mm_set1_epi8(byte as i8))
            };
            let one_before = _mm_andnot_si128(is(at, b'\\'), is(at + 1, b'\\'));
            let ends = _mm_andnot_si128(one_before, is(at + 2, b'"'));
            found = _mm_or_si128(found, ends);
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// The same, byte by byte.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn may_end(bytes: &[u8; 66]) -> bool {
    portable_may_end(bytes)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable_may_end(bytes: &[u8; 66]) -> bool {
    let ends = |three: &[u8]| three[2] == b'"' && (three[1] != b'\\' || three[0] == b'\\');
    bytes.windows(3).any(ends)
}

/// Whether one of `words` stands in `piece`, at a place divisible by four.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn has_word<const N: usize>(piece: &[u8; 64], words: &[[u8; 4]; N]) -> bool {
    use std::arch::x86_64::{
        _mm_cmpeq_epi32, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi32,
        _mm_setzero_si128,
    };
    // SAFETY: as above; each load reads 16 of the 64 bytes.
    unsafe {
        let mut found = _mm_setzero_si128();
        for at in [0, 16, 32, 48] {
            let block = _mm_loadu_si128(piece.as_ptr().add(at).cast());
            for word in words {
                let word = _mm_set1_epi32(i32::from_ne_bytes(*word));
                found = _mm_or_si128(found, _mm_cmpeq_epi32(block, word));
            }
        }
        _mm_movemask_epi8(found) != 0
    }
}

/// The same, word by word.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn has_word<const N: usize>(piece: &[u8; 64], words: &[[u8; 4]; N]) -> bool {
    let mut fours = piece.chunks_exact(4);
    fours.any(|four| words.iter().any(|word| four == word))
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

/// The same in words of eight bytes.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn portable(block: &Block, byte: u8) -> u32 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let words = u128::from_le_bytes(*block);
    let places = |word: u64| {
        let differ = word ^ u64::from_ne_bytes([byte; 8]);
        // The highest bit of each byte that does not differ ..
        let equal = !(((differ & LOW) + LOW) | differ | LOW);
        // .. moved to the top, one next to the other.
        (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    (places(words as u64) | places((words >> 64) as u64) << 8) as u32
}

#[cfg(test)]
mod tests;
