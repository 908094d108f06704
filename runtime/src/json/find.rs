//! Searches JSON text for names without parsing it.

use super::piece;
use super::simd::{self, dispatch, Kernel, Piece, Simd};

/// A name to search for, by two adjacent bytes of it that are rarely found next to each other: about as fast as a real
/// substring search, in a fraction of the code.
///
/// A name written with escapes is not found; no producer escapes these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needle {
    name: &'static str,
    pair: [u8; 2],
    /// The offset of the pair in the name.
    at: usize,
}

impl Needle {
    /// `pair` must be part of `name`; if not, a needle that is a constant does not compile. Its first byte should be rare
    /// if the needle is searched for alone or with one other.
    pub(crate) const fn new(name: &'static str, pair: &[u8; 2]) -> Self {
        let bytes = name.as_bytes();
        let pair = *pair;
        let mut at = 0;
        while bytes[at] != pair[0] || bytes[at + 1] != pair[1] {
            at += 1;
        }
        Self { name, pair, at }
    }

    /// The offset of the first occurrence of the name in `text`.
    pub(crate) fn find(self, text: &[u8]) -> Option<usize> {
        find_any(text, [self])
    }

    /// The offset just past the first occurrence of the name in `text`.
    pub(super) fn end(self, text: &[u8]) -> Option<usize> {
        Some(self.find(text)? + self.name.len())
    }

    /// The offset of the name in `text`, if the pair found at `pair` belongs to it.
    #[inline(always)]
    fn begins<const FOLD: u8>(&self, text: &[u8], pair: usize) -> Option<usize> {
        let start = pair.checked_sub(self.at)?;
        let found = text.get(start..start + self.name.len())?;
        // Most false matches, such as the names of tags, begin like the name and end differently.
        let is_last = found.last()? | FOLD == self.name.as_bytes().last()? | FOLD;
        (is_last && self.is(found, FOLD)).then_some(start)
    }

    #[inline(never)]
    fn is(&self, found: &[u8], fold: u8) -> bool {
        let name = self.name.as_bytes();
        found == name || fold == CASE && found.eq_ignore_ascii_case(name)
    }
}

/// The offset of the first of `needles` in `text`; of several that overlap, it may be any.
pub(crate) fn find_any<const N: usize>(text: &[u8], needles: [Needle; N]) -> Option<usize> {
    find_folded::<N, 0>(text, needles)
}

/// Like [`find_any`], but ignores ASCII case; the needles must be in lower case.
pub(crate) fn find_any_ignore_case<const N: usize>(
    text: &[u8],
    needles: [Needle; N],
) -> Option<usize> {
    find_folded::<N, CASE>(text, needles)
}

/// The bit in which the cases of a letter differ. Setting it makes other bytes equal too; `Needle::is` rules those out.
const CASE: u8 = b'a' ^ b'A';

fn find_folded<const N: usize, const FOLD: u8>(text: &[u8], needles: [Needle; N]) -> Option<usize> {
    let found = dispatch(Needles::<N, FOLD> { text, needles });
    #[cfg(test)]
    super::counted::pass(found.unwrap_or(text.len()));
    found
}

#[derive(Clone, Copy)]
struct Needles<'a, const N: usize, const FOLD: u8> {
    text: &'a [u8],
    needles: [Needle; N],
}

impl<const N: usize, const FOLD: u8> Kernel for Needles<'_, N, FOLD> {
    type End = Option<usize>;

    #[inline(always)]
    fn run(self, simd: impl Simd) -> Option<usize> {
        let Self { text, needles } = self;
        let pairs = needles.map(|needle| needle.pair.map(|byte| byte | FOLD));
        let mut padded = [0; PAIRS];
        let mut rest = text;
        while !rest.is_empty() {
            let piece = rest.first_chunk().unwrap_or_else(|| {
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            });
            if may_have_first::<N, FOLD>(simd, piece, &pairs) {
                let found = pairs_in::<_, N, FOLD>(simd, piece, &pairs);
                // Most pieces have none, and `any` is cheaper than `bits`.
                let mut hits = match simd.any(found) {
                    true => simd.bits(found),
                    false => 0,
                };
                while hits != 0 {
                    let pair = text.len() - rest.len() + hits.trailing_zeros() as usize;
                    let begins = |needle: &Needle| needle.begins::<FOLD>(text, pair);
                    if let Some(start) = needles.iter().find_map(begins) {
                        return Some(start);
                    }
                    hits &= hits - 1;
                }
            }
            rest = rest.get(size_of::<Piece>()..).unwrap_or_default();
        }
        None
    }
}

/// A piece and one more byte, so that a pair can begin at each byte of the piece.
const PAIRS: usize = size_of::<Piece>() + 1;

/// Whether one of the pairs may begin in `piece`. For one or two pairs, checks only the first byte of each: half the work
/// of checking both, if that byte is rare.
#[inline(always)]
fn may_have_first<const N: usize, const FOLD: u8>(
    simd: impl Simd,
    piece: &[u8; PAIRS],
    pairs: &[[u8; 2]; N],
) -> bool {
    if FOLD != 0 || N > 2 {
        return true;
    }
    let mut found = simd.none();
    for [first, _] in pairs {
        found = simd.or(found, simd.equal(piece::at(piece, 0), *first, FOLD));
    }
    simd.any(found)
}

/// The bytes of `piece` at which one of `pairs` begins. The bits of `FOLD` are set in each byte before it is compared, and
/// must be set in `pairs`.
#[inline(always)]
fn pairs_in<S: Simd, const N: usize, const FOLD: u8>(
    simd: S,
    piece: &[u8; PAIRS],
    pairs: &[[u8; 2]; N],
) -> S::Mask {
    let mut found = simd.none();
    for [first, second] in pairs {
        let first = simd.equal(piece::at(piece, 0), *first, FOLD);
        let second = simd.equal(piece::at(piece, 1), *second, FOLD);
        found = simd.or(found, simd.and(first, second));
    }
    found
}

/// Whether one of `words` occurs in `text` at an offset divisible by four. No word may contain a zero byte.
pub(crate) fn has_word<const N: usize>(text: &[u8], words: [[u8; 4]; N]) -> bool {
    let found = dispatch(Words { text, words });
    #[cfg(test)]
    super::counted::pass(text.len());
    found
}

#[derive(Clone, Copy)]
struct Words<'a, const N: usize> {
    text: &'a [u8],
    words: [[u8; 4]; N],
}

impl<const N: usize> Kernel for Words<'_, N> {
    type End = bool;

    #[inline(always)]
    fn run(self, simd: impl Simd) -> bool {
        let mut padded = [0; size_of::<Piece>()];
        let mut rest = self.text;
        while let Some((piece, behind)) = piece::split_first(rest, &mut padded) {
            let mut found = simd.none();
            for word in &self.words {
                found = simd.or(found, simd.equal_words(piece, *word));
            }
            if simd.any(found) {
                return true;
            }
            rest = behind;
        }
        false
    }
}

/// The offset of the first `byte` in a short text. A search optimised for long texts takes several times as long.
#[inline(never)]
pub(crate) fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk() {
        let places = simd::places(block, byte);
        if places != 0 {
            return Some(text.len() - rest.len() + places.trailing_zeros() as usize);
        }
        rest = behind;
    }
    let place = rest.iter().position(|other| *other == byte)?;
    Some(text.len() - rest.len() + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Needle = Needle::new("a_bc", b"_b");

    #[test]
    fn a_name_is_found_in_every_place() {
        for before in 0..70 {
            for behind in [0, 1, 15, 40] {
                let text = ["_b".repeat(before), "_".repeat(behind)].join("a_bc a_bc");
                assert_eq!(NAME.find(text.as_bytes()), Some(before * 2), "{text}");
            }
            for text in ["_bc", "a_b", "a_c"] {
                let text = ["_bcab_", text].join(&"-".repeat(before));
                assert_eq!(NAME.find(text.as_bytes()), None, "{text}");
            }
        }
        assert_eq!(NAME.find(b""), None);
    }

    #[test]
    fn words_are_found_in_places_divisible_by_four() {
        let words = [*b"abcd", *b"efgh"];
        for before in 0..140 {
            for word in ["abcd", "efgh"] {
                for behind in [0, 3, 70] {
                    let text = [&".".repeat(before), word, &"b".repeat(behind)].concat();
                    assert_eq!(has_word(text.as_bytes(), words), before % 4 == 0, "{text}");
                }
            }
            assert!(!has_word("abc.".repeat(before).as_bytes(), words));
        }
    }

    #[test]
    fn any_of_several_names_will_do() {
        let other = Needle::new("other", b"ot");
        for text in ["x a_bc", "x other", "other a_bc"] {
            let text = [&".".repeat(20), text].concat();
            assert!(find_any(text.as_bytes(), [NAME, other]).is_some());
        }
        assert!(find_any(b"................... a_b oth", [NAME, other]).is_none());
    }

    #[test]
    fn a_name_is_found_in_any_case() {
        for text in ["a_bc", "A_bC", "A_BC"] {
            let text = [&"_B-c".repeat(9), text].concat();
            assert_eq!(find_any_ignore_case(text.as_bytes(), [NAME]), Some(36));
        }
        assert_eq!(
            find_any_ignore_case(b"................ A\x7fBC A_B", [NAME]),
            None
        );
        assert_eq!(find_any(b"................ A_BC", [NAME]), None);
    }
}
