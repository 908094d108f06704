//! Finds the ends of strings in JSON text.

use super::piece;
#[cfg(test)]
use super::scan::counted;
use super::simd::{dispatch, places, Block, Kernel, Piece, Simd};
use memchr::memchr;

/// Splits `text`, which starts just past an opening quote, into the inside of the string and the text after its closing
/// quote; `None` if it is truncated. Most strings are short and have no escapes: one block decides.
#[inline]
pub(super) fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let plain = text.first_chunk().map_or(0, plain);
    let length = match text.get(plain) {
        Some(b'"') => plain,
        _ => far_end(text, plain)?,
    };
    let (inside, behind) = text.split_at_checked(length)?;
    Some((inside, behind.get(1..)?))
}

/// The number of bytes before the first quote or backslash of a block; all of them if it has neither.
#[inline(always)]
fn plain(block: &Block) -> usize {
    let special = places(block, b'"') | places(block, b'\\');
    block.len().min(special.trailing_zeros() as usize)
}

/// The length of a string that may be longer than a block, have escapes, or be close to the end of the text. Its first
/// `plain` bytes are known to be neither quotes nor backslashes.
#[inline(never)]
pub(super) fn far_end(text: &[u8], plain: usize) -> Option<usize> {
    let end = find_end(text, plain);
    #[cfg(test)]
    counted::pass(end.unwrap_or(text.len()));
    end
}

fn find_end(text: &[u8], mut start: usize) -> Option<usize> {
    /// A string that does not end within this is treated as a long one.
    const NEAR: usize = 4 * size_of::<Block>();
    while start < NEAR {
        let Some(block) = text.get(start..)?.first_chunk() else {
            break;
        };
        let length = plain(block);
        start += length;
        if length < block.len() {
            break;
        }
    }
    let rest = text.get(start..)?;
    if rest.first() == Some(&b'"') {
        return Some(start);
    }
    let at = start + memchr(b'"', rest)?;
    if ends::<false>(backslashes(text, start, at)) {
        return Some(at);
    }
    // One escaped quote suggests more, as in JSON within a string.
    let at = at + 1;
    dispatch(Rest::<false> { text, start, at })
}

/// The offset of the quote that closes a string within a string, whose inside begins at `start`. With its backslash that
/// is `\"`, or `\\\\\"` after a backslash in the inner string; a quote in the inner string is `\\\"`.
pub(super) fn inner_string_end(text: &[u8], start: usize) -> Option<usize> {
    dispatch(Rest::<true> {
        text,
        start,
        at: start,
    })
}

/// A string, or with `INNER` one within a string, that does not end before `at`. The byte before `start` is not a
/// backslash.
#[derive(Clone, Copy)]
struct Rest<'a, const INNER: bool> {
    text: &'a [u8],
    start: usize,
    at: usize,
}

impl<const INNER: bool> Kernel for Rest<'_, INNER> {
    type End = Option<usize>;

    #[inline(always)]
    fn run(self, simd: impl Simd) -> Option<usize> {
        let Self {
            text,
            start,
            mut at,
        } = self;
        // Stopping at each quote that does not end the string would cost more than skipping pieces that have only such.
        // Most of these follow one backslash; those of JSON within JSON follow three.
        if !INNER {
            at = skip::<{ PIECE + 2 }, INNER>(simd, text, at);
        }
        let mut padded = [0; PIECE];
        loop {
            at = skip::<{ PIECE + 4 }, INNER>(simd, text, at);
            let (piece, _) = piece::split_first(text.get(at..)?, &mut padded)?;
            let mut quotes = simd.places(piece, b'"');
            while quotes != 0 {
                let quote = at + quotes.trailing_zeros() as usize;
                if ends::<INNER>(backslashes(text, start, quote)) {
                    return Some(quote);
                }
                quotes &= quotes - 1;
            }
            at += PIECE;
        }
    }
}

const PIECE: usize = size_of::<Piece>();

/// Whether a quote after this many backslashes ends a string, or with `INNER` one within a string.
#[inline(always)]
fn ends<const INNER: bool>(backslashes: usize) -> bool {
    match INNER {
        false => backslashes % 2 == 0,
        true => backslashes % 4 == 1,
    }
}

/// The offset of the first piece, starting with the one at `at`, that has a quote which may end the string, judged by the
/// two or four bytes before each quote; or of the text that is left, if it is shorter than a piece; or `at`, if fewer
/// bytes precede it.
#[inline(always)]
fn skip<const WITH_FRONT: usize, const INNER: bool>(
    simd: impl Simd,
    text: &[u8],
    at: usize,
) -> usize {
    let start = at.checked_sub(WITH_FRONT - PIECE);
    let Some(text) = start.and_then(|start| text.get(start..)) else {
        return at;
    };
    let mut rest = text;
    while let Some(bytes) = rest.first_chunk() {
        if may_have_end::<WITH_FRONT, INNER>(simd, bytes) {
            break;
        }
        rest = &rest[PIECE..];
    }
    at + text.len() - rest.len()
}

#[inline(always)]
fn may_have_end<const WITH_FRONT: usize, const INNER: bool>(
    simd: impl Simd,
    bytes: &[u8; WITH_FRONT],
) -> bool {
    let front = WITH_FRONT - PIECE;
    let quotes = simd.equal(piece::at(bytes, front), b'"', 0);
    let two = escapes(simd, bytes, 2);
    let not_ends = match (INNER, front) {
        (false, 2) => simd.and_not(escapes(simd, bytes, 1), two),
        (false, _) => {
            let three = simd.and_not(escapes(simd, bytes, 3), escapes(simd, bytes, 4));
            simd.and_not(escapes(simd, bytes, 1), simd.and_not(two, three))
        }
        // Every quote follows an odd number of backslashes. A backslash two but not four bytes before it means three, so
        // it ends nothing. Two bytes are not enough to tell.
        (true, _) => simd.and_not(two, escapes(simd, bytes, 4)),
    };
    simd.any(simd.and_not(quotes, not_ends))
}

/// Which bytes of the piece at the end of `bytes` have a backslash `places` bytes before them.
#[inline(always)]
fn escapes<S: Simd, const WITH_FRONT: usize>(
    simd: S,
    bytes: &[u8; WITH_FRONT],
    places: usize,
) -> S::Mask {
    simd.equal(piece::at(bytes, WITH_FRONT - PIECE - places), b'\\', 0)
}

/// Counts the backslashes directly before `at`, back to `start` at most.
#[inline]
fn backslashes(text: &[u8], start: usize, at: usize) -> usize {
    let before = text[start..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Generator;
    use super::*;

    #[test]
    fn strings_in_strings_end_at_their_own_quote() {
        for length in 0..150 {
            let plain = "a".repeat(length);
            for inside in ["", "\"", "\\", "\\\"", "\"\\", "\\\\", "\"\"\\\\\""] {
                for behind in ["", ", \"b\": \"\\\\\"}"] {
                    let inner = serde_json::to_string(&[&plain, inside].concat()).unwrap();
                    let outer = serde_json::to_string(&[&inner, behind].concat()).unwrap();
                    let raw = &outer.as_bytes()[3..outer.len() - 1];
                    let end = serde_json::to_string(&inner).unwrap().len() - 5;
                    assert_eq!(inner_string_end(raw, 0), Some(end), "{outer}");
                    assert_eq!(inner_string_end(&raw[..end], 0), None, "{outer}");
                }
            }
        }
    }

    /// Strings of few different bytes, most of them short, some several pieces long.
    fn random_strings(alphabet: &'static str, count: u64) -> impl Iterator<Item = String> {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut generator = Generator(7);
        let mut random = move |limit: usize| generator.below(limit as u64) as usize;
        (0..count).map(move |_| {
            let length = random(20) * random(20);
            let letters = (0..length).map(|_| letters[random(letters.len())]);
            letters.collect()
        })
    }

    #[test]
    fn strings_end_where_they_do_whatever_is_in_them() {
        for alphabet in ["aaaaaaaaaaaaaaaaaaaa\"\\", "a\"\\", "a\"", "a\\"] {
            for inside in random_strings(alphabet, 1_000) {
                let once = serde_json::to_string(&inside).unwrap();
                let text = [&once[1..], ", \"b\": \"\\\"\"}"].concat();
                let end = Some(once.len() - 2);
                assert_eq!(far_end(text.as_bytes(), 0), end, "{text}");
                // The same string within another one, followed by a member.
                let twice = serde_json::to_string(&text).unwrap();
                let inner = &twice.as_bytes()[1..twice.len() - 1];
                let end = serde_json::to_string(&once[1..]).unwrap().len() - 3;
                assert_eq!(inner_string_end(inner, 0), Some(end), "{twice}");
                let behind_name = [br#"\"name\":\""#, inner].concat();
                let end = Some(end + 11);
                assert_eq!(inner_string_end(&behind_name, 11), end, "{twice}");
            }
        }
    }
}
