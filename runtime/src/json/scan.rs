//! Finding where things end in JSON text. Positions beyond the text mean that it is cut off.

use memchr::memchr;

/// The first position at or after `at` that is not white space.
pub(super) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// The position behind the value at `at`; `None` if it is cut off.
///
/// Brackets are counted, not matched against each other: telling good JSON from bad is the function's business.
pub(super) fn skip_value(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => Some(string_end(text, at + 1)? + 1),
        b'{' | b'[' => skip_container(text, at + 1),
        _ => Some(at + word(&text[at..]).len()).filter(|end| *end > at),
    }
}

/// The position behind the bracket that closes the container whose inside begins at `at`.
fn skip_container(text: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1usize;
    loop {
        let byte = *text.get(at)?;
        at += 1;
        // Everything from here on is rare: most bytes outside strings are below or between these.
        match byte {
            b'"' => at = string_end(text, at)? + 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

/// The bytes up to the next separator: a number, `true`, `false` or `null`.
pub(super) fn word(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E'))
        .unwrap_or(text.len());
    &text[..end]
}

/// The position of the closing quote of the string whose inside begins at `at`: the first with an even number of
/// backslashes before it, usually none.
#[inline]
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = next_quote(text, at)?;
        let before = text[..quote].iter().rev();
        if before.take_while(|byte| **byte == b'\\').count() % 2 == 0 {
            return Some(quote);
        }
        at = quote + 1;
    }
}

/// The next `"`. Most strings are short, so the first words are looked at in place; only a string that is longer pays
/// for the call of a vectorised search.
#[inline]
fn next_quote(text: &[u8], at: usize) -> Option<usize> {
    let mut rest = text.get(at..)?;
    for _ in 0..4 {
        let Some((word, behind)) = rest.split_first_chunk() else {
            break;
        };
        let hits = zero_bytes(u64::from_le_bytes(*word) ^ repeat(b'"'));
        if hits != 0 {
            return Some(text.len() - rest.len() + hits.trailing_zeros() as usize / 8);
        }
        rest = behind;
    }
    memchr(b'"', rest).map(|found| text.len() - rest.len() + found)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// A word whose lowest set bit is in the first zero byte of `word`; 0 if there is no zero byte.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(0x01)) & !word & repeat(0x80)
}
