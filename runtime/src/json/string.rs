//! Finding where strings end in JSON text.

use super::block::{bits, may_end, places, Block};
use super::piece::{self, Escapes, Piece};
#[cfg(test)]
use super::scan::counted;
use memchr::memchr;

/// The inside of the string of which the text begins with the inside, and what stands behind its closing quote; `None` if it is
/// cut off. Most are short and plain: one look.
#[inline]
pub(super) fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match text.first_chunk().and_then(near_end) {
        Some(length) => length,
        None => far_end(text)?,
    };
    let (inside, behind) = text.split_at_checked(length)?;
    Some((inside, behind.get(1..)?))
}

/// The length of a string without escapes that ends in this block.
#[inline(always)]
fn near_end(block: &Block) -> Option<usize> {
    let quotes = places(block, b'"');
    let before_first = quotes.wrapping_sub(1) & !quotes;
    let is_near = quotes != 0 && places(block, b'\\') & before_first == 0;
    is_near.then_some(quotes.trailing_zeros() as usize)
}

/// The same for strings that are longer, that have escapes, or that stand at the end of the text.
#[inline(never)]
pub(super) fn far_end(text: &[u8]) -> Option<usize> {
    let end = find_end(text);
    #[cfg(test)]
    counted::pass(end.unwrap_or(text.len()));
    end
}

fn find_end(text: &[u8]) -> Option<usize> {
    /// Beyond this the string is a long one.
    const NEAR: usize = 4 * size_of::<Block>();
    let mut start = 0;
    while let Some(block) = text.get(start..).and_then(|rest| rest.first_chunk()) {
        if let Some(length) = near_end(block) {
            return Some(start + length);
        }
        if start == NEAR || places(block, b'\\') != 0 {
            break;
        }
        start += block.len();
    }
    let mut at = start + memchr(b'"', &text[start..])?;
    if !is_escaped(text, start, at) {
        return Some(at);
    }
    // Where one quote is escaped there are more, as in JSON within a string: a search for each would cost more than
    // passing over the text piece by piece.
    at += 1;
    while let Some(behind_two) = text.get(at - 2..).and_then(|rest| rest.first_chunk()) {
        if may_end(behind_two) {
            break;
        }
        at += size_of::<Piece>();
    }
    let mut escapes = Escapes {
        pending: is_escaped(text, start, at),
    };
    let mut padded = [0; size_of::<Piece>()];
    let mut rest = text.get(at..)?;
    while let Some((piece, behind)) = piece::split_first(rest, &mut padded) {
        let escaped = escapes.next(bits(piece, b'\\'));
        let ends = bits(piece, b'"') & !escaped;
        if ends != 0 {
            return Some(text.len() - rest.len() + ends.trailing_zeros() as usize);
        }
        rest = behind;
    }
    None
}

/// The position of the quote that closes a string within a string, whose inside begins at `at`: with its backslash it is
/// `\"`, where a quote inside is `\\\"`, and one behind a backslash inside `\\\\\"`.
pub(super) fn inner_string_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut rest, mut before) = (text.get(start..)?, 0);
    let mut padded = [0; size_of::<Piece>()];
    while let Some((piece, behind_piece)) = piece::split_first(rest, &mut padded) {
        let backslashes = bits(piece, b'\\');
        let behind = |count: u32| backslashes << count | before >> (u64::BITS - count);
        // Those behind exactly three, as nearly all that do not end it, are sorted out together.
        let three = behind(2) & behind(3) & !behind(4);
        let mut quotes = bits(piece, b'"') & behind(1) & !three;
        while quotes != 0 {
            let quote = text.len() - rest.len() + quotes.trailing_zeros() as usize;
            let escapes = text[start..quote].iter().rev();
            if escapes.take_while(|byte| **byte == b'\\').count() % 4 == 1 {
                return Some(quote);
            }
            quotes &= quotes - 1;
        }
        before = backslashes;
        rest = behind_piece;
    }
    None
}

/// Whether an odd number of backslashes stands before `at`, within the string that begins at `start`.
#[inline]
fn is_escaped(text: &[u8], start: usize, at: usize) -> bool {
    let before = text[start..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
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
}
