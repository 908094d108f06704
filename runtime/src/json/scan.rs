//! Finding where things end in JSON text. Positions beyond the text mean that it is cut off.

use super::block::{places, Block};
use memchr::memchr;

/// How many bytes were passed over in this thread: what reading costs, on any machine.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        static PASSED: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn pass(bytes: usize) {
        PASSED.set(PASSED.get() + bytes);
    }

    /// How many are passed over while something runs.
    pub(crate) fn bytes(run: impl FnOnce()) -> usize {
        let before = PASSED.get();
        run();
        PASSED.get() - before
    }
}

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

/// The position of the value of a member whose name ends before `at`.
#[inline(never)]
pub(super) fn behind_colon(text: &[u8], at: usize) -> Option<usize> {
    let colon = skip_space(text, at);
    (*text.get(colon)? == b':').then(|| skip_space(text, colon + 1))
}

/// The position behind the value at `at`; `None` if it is cut off.
///
/// Brackets are counted, not matched against each other: telling good JSON from bad is the function's business.
pub(super) fn skip_value(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => Some(string_end(text, at + 1)? + 1),
        b'{' | b'[' => skip_container(text, at + 1, 1),
        _ => Some(at + word(&text[at..]).len()).filter(|end| *end > at),
    }
}

/// The position behind the bracket that closes the container whose inside begins at `at`, or one so many levels further out.
fn skip_container(text: &[u8], mut at: usize, depth: usize) -> Option<usize> {
    let mut inside = Inside {
        depth,
        strings: 0,
        escapes: Escapes::default(),
    };
    while at < text.len() {
        let piece = padded_piece(text, at);
        #[cfg(test)]
        counted::pass(PIECE);
        if let Some(length) = inside.pass(&piece) {
            return Some(at + length);
        }
        at += PIECE;
        // What may be a long text is better passed over as one.
        if inside.strings >> (PIECE / 2) == u64::MAX >> (PIECE / 2) {
            let start = at + usize::from(inside.escapes.pending);
            at = string_end(text, start)? + 1;
            inside.strings = 0;
            inside.escapes.pending = false;
        }
    }
    None
}

/// Where a walk stands, from one piece of a container to the next.
struct Inside {
    depth: usize,
    /// What of the last piece stands in strings, one bit per place, the lowest for the first.
    strings: u64,
    escapes: Escapes,
}

impl Inside {
    /// Follows the brackets through a piece; where the depth becomes 0, the position behind.
    #[inline(always)]
    fn pass(&mut self, piece: &[u8; PIECE]) -> Option<usize> {
        /// What the brackets of objects and of lists differ in, and then the opening and the closing ones.
        const KIND: u8 = (b'{' ^ b'[') | (b'{' ^ b'}');
        let (before, pending) = (self.is_in_string(), self.escapes.pending);
        let backslashes = bits(piece, b'\\');
        let mut quotes = bits(piece, b'"');
        if backslashes != 0 || pending {
            quotes &= !self.escapes.next(backslashes);
        }
        // Each bit becomes the parity of the quotes up to it.
        let mut strings: u64 = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            strings ^= strings << shift;
        }
        strings ^= u64::from(before).wrapping_neg();
        if backslashes & !strings != 0 {
            // Backslashes stand in strings in all JSON, and what this is nobody need know fast.
            self.escapes.pending = pending;
            return self.pass_bytes(piece);
        }
        self.strings = strings;
        // A few other bytes look the same then, none of which stands outside of strings in JSON.
        let mut brackets = bits(&piece.map(|byte| byte | KIND), b'{' | KIND) & !strings;
        while brackets != 0 {
            let place = brackets.trailing_zeros() as usize;
            if self.bracket(piece[place]) {
                return Some(place + 1);
            }
            brackets &= brackets - 1;
        }
        None
    }

    /// Whether the last piece ends within a string.
    fn is_in_string(&self) -> bool {
        self.strings >> (PIECE - 1) == 1
    }

    /// Whether this byte, outside of strings, closes the container.
    #[inline(always)]
    fn bracket(&mut self, byte: u8) -> bool {
        match byte {
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        self.depth == 0
    }

    /// The same for anything, byte by byte.
    #[cold]
    #[inline(never)]
    fn pass_bytes(&mut self, piece: &[u8; PIECE]) -> Option<usize> {
        let mut in_string = self.is_in_string();
        for (place, byte) in piece.iter().enumerate() {
            let is_escaped = std::mem::take(&mut self.escapes.pending);
            match byte {
                b'"' if !is_escaped => in_string = !in_string,
                b'\\' if in_string => self.escapes.pending = !is_escaped,
                byte if !in_string && self.bracket(*byte) => return Some(place + 1),
                _ => {}
            }
        }
        self.strings = u64::from(in_string).wrapping_neg();
        None
    }
}

/// Behind the carrier that is the value of a member, given the text from within the member's name on. If the name stands in JSON
/// in a string, that string is taken for the carrier.
pub(crate) fn carrier_end(text: &[u8]) -> Option<usize> {
    let end = string_end(text, 0)? + 1;
    match behind_colon(text, end) {
        Some(value) => skip_value(text, value),
        None => Some(end),
    }
}

/// Behind the list of objects of which the text begins with a name in one.
pub(crate) fn list_end(text: &[u8]) -> Option<usize> {
    skip_container(text, 0, 2)
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
    match block(text, at).and_then(near_string_end) {
        Some(length) => Some(at + length),
        None => long_string_end(text, at),
    }
}

/// The same of a string without escapes that ends in this block.
#[inline(always)]
pub(super) fn near_string_end(block: &Block) -> Option<usize> {
    let quotes = places(block, b'"');
    let before_first = quotes.wrapping_sub(1) & !quotes;
    let is_near = quotes != 0 && places(block, b'\\') & before_first == 0;
    is_near.then_some(quotes.trailing_zeros() as usize)
}

/// The same for strings that are longer, that have escapes, or that stand at the end of the text.
#[inline(never)]
fn long_string_end(text: &[u8], start: usize) -> Option<usize> {
    let end = find_string_end(text, start);
    #[cfg(test)]
    counted::pass(end.unwrap_or(text.len()).saturating_sub(start));
    end
}

fn find_string_end(text: &[u8], start: usize) -> Option<usize> {
    let near = piece(text, start).map_or(0, |piece| bits(piece, b'"'));
    let mut at = match near {
        0 => start + memchr(b'"', text.get(start..)?)?,
        _ => start + near.trailing_zeros() as usize,
    };
    if !is_escaped(text, start, at) {
        return Some(at);
    }
    // Where one quote is escaped there are more, as in JSON within a string: a search for each would cost more than
    // passing over the text piece by piece.
    at += 1;
    let mut escapes = Escapes::default();
    while let Some(piece) = piece(text, at) {
        let escaped = escapes.next(bits(piece, b'\\'));
        let ends = bits(piece, b'"') & !escaped;
        if ends != 0 {
            return Some(at + ends.trailing_zeros() as usize);
        }
        at += PIECE;
    }
    let mut is_escaped = escapes.pending;
    let end = text.get(at..)?.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    Some(at + end?)
}

/// The position of the quote that closes a string within a string, whose inside begins at `at`: with its backslash it is
/// `\"`, where a quote inside is `\\\"`, and one behind a backslash inside `\\\\\"`.
pub(super) fn inner_string_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut before) = (start, 0);
    while at < text.len() {
        let piece = padded_piece(text, at);
        let backslashes = bits(&piece, b'\\');
        let behind = |count: u32| backslashes << count | before >> (u64::BITS - count);
        // Those behind exactly three, as nearly all that do not end it, are sorted out together.
        let three = behind(2) & behind(3) & !behind(4);
        let mut quotes = bits(&piece, b'"') & behind(1) & !three;
        while quotes != 0 {
            let quote = at + quotes.trailing_zeros() as usize;
            let escapes = text[start..quote].iter().rev();
            if escapes.take_while(|byte| **byte == b'\\').count() % 4 == 1 {
                return Some(quote);
            }
            quotes &= quotes - 1;
        }
        before = backslashes;
        at += PIECE;
    }
    None
}

/// Which bytes are escaped, from one piece of a string to the next.
#[derive(Default)]
struct Escapes {
    /// Whether the first byte of the next piece is escaped.
    pending: bool,
}

impl Escapes {
    /// The escaped bytes of a piece, as far as they are not backslashes themselves.
    #[inline(always)]
    fn next(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = u64::from_ne_bytes([0b0101_0101; 8]);
        let first = u64::from(self.pending);
        // Of a run of backslashes every other one escapes, so what stands behind is escaped if the run's length is odd:
        // if it begins in an even place and ends before an odd one, or the other way around. A sum carries a bit from the
        // begin of each run to the place behind.
        let runs = backslashes & !first;
        let begins = runs & !(runs << 1);
        let behind_even = runs.wrapping_add(begins & EVEN);
        let (behind_odd, beyond) = runs.overflowing_add(begins & !EVEN);
        self.pending = beyond;
        (behind_even & !EVEN | behind_odd & EVEN) & !runs | first
    }
}

/// Whether an odd number of backslashes stands before `at`, within the string that begins at `start`.
#[inline]
fn is_escaped(text: &[u8], start: usize, at: usize) -> bool {
    let before = text[start..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// As many bytes as a number has bits.
const PIECE: usize = 64;

#[inline(always)]
fn piece(text: &[u8], at: usize) -> Option<&[u8; PIECE]> {
    text.get(at..)?.first_chunk()
}

/// The same, with zeros behind the end of the text.
#[inline(always)]
fn padded_piece(text: &[u8], at: usize) -> [u8; PIECE] {
    piece(text, at).copied().unwrap_or_else(|| {
        let mut last = [0; PIECE];
        last[..text.len() - at].copy_from_slice(&text[at..]);
        last
    })
}

/// Where `byte` stands in `piece`: one bit per place, the lowest for the first.
#[inline(always)]
fn bits(piece: &[u8; PIECE], byte: u8) -> u64 {
    let blocks = piece.chunks_exact(size_of::<Block>()).rev();
    blocks.fold(0, |bits, block| {
        let places = block.try_into().map_or(0, |block| places(block, byte));
        bits << size_of::<Block>() | u64::from(places)
    })
}

/// The sixteen bytes at `at`, if there are so many.
#[inline]
pub(super) fn block(text: &[u8], at: usize) -> Option<&Block> {
    text.get(at..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of the value at `at`, found byte by byte.
    fn end(text: &[u8], mut at: usize) -> Option<usize> {
        let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
        loop {
            let byte = *text.get(at)?;
            at += 1;
            if in_string {
                in_string = byte != b'"' || escaped;
                escaped = byte == b'\\' && !escaped;
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
            }
            if depth == 0 && !in_string {
                return Some(at);
            }
        }
    }

    #[test]
    fn ends_are_where_they_are_byte_by_byte() {
        let mut state = 7u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        let alphabets: [&[u8]; 4] = [
            br#"{}[]""a,:\"#,
            br#"{[}]""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"#,
            br#"\\\\\""aaaaaaa"#,
            br#"{{}}"""aaa"#,
        ];
        for _ in 0..20_000 {
            let alphabet = alphabets[random(alphabets.len())];
            let first = [b'{', b'[', b'"'][random(3)];
            let length = random(400);
            let inside = (0..length).map(|_| alphabet[random(alphabet.len())]);
            let text: Vec<u8> = [first].into_iter().chain(inside).collect();
            let shown = String::from_utf8_lossy(&text);
            assert_eq!(skip_value(&text, 0), end(&text, 0), "{shown}");
        }
    }

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
