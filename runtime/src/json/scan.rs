//! Finding where things end in JSON text. Positions beyond the text mean that it is cut off.

use memchr::memchr2;

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
        b'"' => Some(string_end(text, at + 1)?.0 + 1),
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
            b'"' => at = string_end(text, at)?.0 + 1,
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

/// The position of the closing quote of the string whose inside begins at `at`, and whether there are escapes.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = quote_or_backslash(text, at)?;
        if text[at] == b'"' {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// The next `"` or `\`. Most strings are short, so the first words are looked at in place; only a string that is
/// longer pays for the call of a vectorised search.
fn quote_or_backslash(text: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..4 {
        let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) else {
            break;
        };
        let word = u64::from_le_bytes(*word);
        let hits = zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\'));
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    memchr2(b'"', b'\\', rest).map(|found| at + found)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// A word whose lowest set bit is in the first zero byte of `word`; 0 if there is no zero byte.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(0x01)) & !word & repeat(0x80)
}
