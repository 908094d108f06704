//! Finding where things end in JSON text. Positions beyond the text mean that it is cut off.

use super::block::{places, Block};
use memchr::memchr;

/// The first position at or after `at` that is not white space.
#[inline]
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(byte) if *byte > b' ' => at,
        _ => skip_spaces(text, at),
    }
}

fn skip_spaces(text: &[u8], mut at: usize) -> usize {
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
        let mut one_by_one = usize::MAX;
        if let Some(window) = Window::read(text, at) {
            if window.backslashes == 0 {
                if let Some(end) = window.close(&mut depth) {
                    return Some(at + end);
                }
                at += Window::LENGTH;
                if window.ends_in_string() {
                    at = string_end(text, at)? + 1;
                }
                continue;
            }
            one_by_one = at + Window::LENGTH;
        }
        while at < one_by_one {
            let byte = *text.get(at)?;
            at += 1;
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
}

/// What stands where in a piece of text that does not begin within a string: one bit per place, the lowest for the
/// first.
struct Window {
    backslashes: u64,
    /// From each quote that opens a string up to the one that closes it. Of no use if there are backslashes.
    strings: u64,
    /// Brackets outside strings.
    opening: u64,
    closing: u64,
}

impl Window {
    const LENGTH: usize = 64;

    #[inline(always)]
    fn read(text: &[u8], at: usize) -> Option<Self> {
        /// What the brackets of objects and of lists differ in.
        const CASE: u8 = b'{' ^ b'[';
        let bytes: &[u8; Self::LENGTH] = text.get(at..)?.first_chunk()?;
        let (mut quotes, mut backslashes, mut opening, mut closing) = (0, 0, 0, 0);
        for (number, block) in bytes.chunks_exact(size_of::<Block>()).enumerate() {
            let block: &Block = block.try_into().ok()?;
            let folded = block.map(|byte| byte | CASE);
            let put = |places: u32| u64::from(places) << (number * size_of::<Block>());
            quotes |= put(places(block, b'"'));
            backslashes |= put(places(block, b'\\'));
            opening |= put(places(&folded, b'{'));
            closing |= put(places(&folded, b'}'));
        }
        // Each bit becomes the parity of the quotes up to it.
        let mut strings: u64 = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            strings ^= strings << shift;
        }
        Some(Self {
            backslashes,
            strings,
            opening: opening & !strings,
            closing: closing & !strings,
        })
    }

    /// Follows the brackets through the text; where the depth becomes 0, the position behind.
    #[inline(always)]
    fn close(&self, depth: &mut usize) -> Option<usize> {
        let count = |bits: u64| bits.count_ones() as usize;
        let all = count(self.closing);
        if all >= *depth {
            let mut left = self.closing;
            for closed in 1..=all {
                let last = left & left.wrapping_neg();
                if *depth + count(self.opening & (last - 1)) == closed {
                    return Some(last.trailing_zeros() as usize + 1);
                }
                left ^= last;
            }
        }
        *depth = *depth + count(self.opening) - all;
        None
    }

    fn ends_in_string(&self) -> bool {
        self.strings >> (Self::LENGTH - 1) == 1
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

/// The position of the closing quote of the string whose inside begins at `at`. Most are short and plain: one look.
#[inline]
pub(super) fn string_end(text: &[u8], at: usize) -> Option<usize> {
    if let Some(block) = block(text, at) {
        let quotes = places(block, b'"');
        let before_first = quotes.wrapping_sub(1) & !quotes;
        if quotes != 0 && places(block, b'\\') & before_first == 0 {
            return Some(at + quotes.trailing_zeros() as usize);
        }
    }
    long_string_end(text, at)
}

/// The same for strings that are longer, that have escapes, or that stand at the end of the text.
#[inline(never)]
fn long_string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = next_quote(text, start)?;
    if !is_escaped(text, start, at) {
        return Some(at);
    }
    // Where one quote is escaped there are more, as in JSON within a string: a search for each would cost more than
    // passing over the text in blocks. A quote with no backslash before it ends the string, one with an even number of
    // them may, and most have one.
    loop {
        at += 1;
        let blocks = (block(text, at), block(text, at - 1), block(text, at - 2));
        let (Some(block), Some(before), Some(second)) = blocks else {
            break;
        };
        let unescaped = !places(before, b'\\') | places(second, b'\\');
        let hits = places(block, b'"') & unescaped;
        if hits == 0 {
            at += 15;
            continue;
        }
        at += hits.trailing_zeros() as usize;
        if !is_escaped(text, start, at) {
            return Some(at);
        }
    }
    let quotes = text.iter().enumerate().skip(at);
    let mut quotes = quotes.filter(|(_, byte)| **byte == b'"');
    quotes
        .find(|(at, _)| !is_escaped(text, start, *at))
        .map(|(at, _)| at)
}

/// The next quote at or after `at`. Only what is not near pays for the call of a search that sees more at a time.
#[inline]
fn next_quote(text: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..4 {
        let Some(block) = block(text, at) else { break };
        match places(block, b'"') {
            0 => at += block.len(),
            quotes => return Some(at + quotes.trailing_zeros() as usize),
        }
    }
    Some(at + memchr(b'"', text.get(at..)?)?)
}

/// Whether an odd number of backslashes stands before `at`, within the string that begins at `start`.
#[inline]
fn is_escaped(text: &[u8], start: usize, at: usize) -> bool {
    let before = text[start..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The sixteen bytes at `at`, if there are so many.
#[inline]
fn block(text: &[u8], at: usize) -> Option<&Block> {
    text.get(at..)?.first_chunk()
}
