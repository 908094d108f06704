//! In plain Rust, for processors of other kinds: compilers make of the loops what each of them can do.

use super::{bits_of_blocks, Block};

/// Where `byte` stands in `block`: one bit per place, the lowest for the first.
#[inline(always)]
pub(in crate::json) fn places(block: &Block, byte: u8) -> u32 {
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

/// Where `byte` stands in `piece`, in the same way.
#[inline(always)]
pub(in crate::json) fn bits(piece: &[u8; 64], byte: u8) -> u64 {
    bits_of_blocks(piece, |block| places(block, byte))
}

/// Where one of `pairs` stands: its first byte in `block`, its second in `next`, which is the block one further. The bits of
/// `fold` are set in every byte before it is compared.
#[inline(always)]
pub(in crate::json) fn any_pair(block: &Block, next: &Block, pairs: &[[u8; 2]], fold: u8) -> u32 {
    let (firsts, seconds) = (block.map(|byte| byte | fold), next.map(|byte| byte | fold));
    pairs.iter().fold(0, |found, [first, second]| {
        found | places(&firsts, *first) & places(&seconds, *second)
    })
}

/// Whether one of `pairs` begins in `piece`, but for its last byte; `FOLD` as above.
#[inline(always)]
pub(in crate::json) fn has_pair<const N: usize, const FOLD: u8>(
    piece: &[u8; 65],
    pairs: &[[u8; 2]; N],
) -> bool {
    let begins = |first: u8, second: u8| {
        let is = |[one, other]: &[u8; 2]| (first | FOLD == *one) & (second | FOLD == *other);
        pairs.iter().fold(false, |found, pair| found | is(pair))
    };
    let places = piece.iter().zip(&piece[1..]);
    places.fold(false, |found, (first, second)| {
        found | begins(*first, *second)
    })
}

/// Whether one of `bytes` stands in `piece`.
#[inline(always)]
pub(in crate::json) fn has_any<const N: usize>(piece: &[u8; 64], bytes: &[u8; N]) -> bool {
    let any = |byte: &u8| {
        bytes
            .iter()
            .fold(false, |found, other| found | (byte == other))
    };
    piece.iter().fold(false, |found, byte| found | any(byte))
}

/// Whether a quote may end a string that stands behind the first two bytes: with no backslash before it, or at least two.
#[inline(always)]
pub(in crate::json) fn may_end(bytes: &[u8; 66]) -> bool {
    let ends = |three: &[u8]| (three[2] == b'"') & ((three[1] != b'\\') | (three[0] == b'\\'));
    bytes
        .windows(3)
        .fold(false, |found, three| found | ends(three))
}

/// Whether one of `words` stands in `piece`, at a place divisible by four.
#[inline(always)]
pub(in crate::json) fn has_word<const N: usize>(piece: &[u8; 64], words: &[[u8; 4]; N]) -> bool {
    let mut fours = piece.chunks_exact(4);
    fours.any(|four| words.iter().any(|word| four == word))
}
