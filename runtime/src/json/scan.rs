//! Finds the ends of values in JSON text.

use super::container;
use super::string::string;

/// Counts the bytes scanned in this thread: the cost of reading, independent of the machine.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        static PASSED: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn pass(bytes: usize) {
        PASSED.set(PASSED.get() + bytes);
    }

    /// Runs something without counting.
    pub(crate) fn apart<R>(run: impl FnOnce() -> R) -> R {
        let before = PASSED.get();
        let result = run();
        PASSED.set(before);
        result
    }

    /// How many bytes are scanned while something runs.
    pub(crate) fn bytes(run: impl FnOnce()) -> usize {
        let before = PASSED.get();
        run();
        PASSED.get() - before
    }
}

/// Skips leading white space.
#[inline]
pub(super) fn skip_space(text: &[u8]) -> &[u8] {
    match text {
        [byte, ..] if *byte > b' ' => text,
        _ => skip_spaces(text),
    }
}

fn skip_spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

/// Skips the colon between the name of a member and its value, and the white space around it.
#[inline]
pub(super) fn behind_colon(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b':', value @ ..] if value.first().is_some_and(|first| *first > b' ') => Some(value),
        _ => behind_spaced_colon(text),
    }
}

#[inline(never)]
fn behind_spaced_colon(text: &[u8]) -> Option<&[u8]> {
    skip_space(text).strip_prefix(b":").map(skip_space)
}

/// The length of the value that `text` starts with; `None` if it is truncated.
pub(super) fn value_length(text: &[u8]) -> Option<usize> {
    let (first, inside) = text.split_first()?;
    match first {
        b'"' => string(inside).map(|(_, behind)| text.len() - behind.len()),
        b'{' | b'[' => container::length(inside, 1).map(|length| length + 1),
        _ => Some(word(text).len()).filter(|length| *length > 0),
    }
}

/// The bytes up to the next separator: a number, `true`, `false` or `null`.
pub(super) fn word(text: &[u8]) -> &[u8] {
    const IN_WORDS: [bool; 256] = {
        let mut bytes = [false; 256];
        let mut byte = 0;
        while byte < bytes.len() {
            bytes[byte] =
                matches!(byte as u8, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E');
            byte += 1;
        }
        bytes
    };
    let ends = |byte: &u8| !IN_WORDS[usize::from(*byte)];
    let length = text.iter().position(ends).unwrap_or(text.len());
    &text[..length]
}

/// The offset just past a carrier, where `text` starts inside the name of the member that holds it. If that member is
/// part of JSON in a string, the offset just past that string.
pub(crate) fn carrier_end(text: &[u8]) -> Option<usize> {
    let (_, behind) = string(text)?;
    let (behind, length) = match behind_colon(behind) {
        Some(value) => (value, value_length(value)?),
        None => (behind, 0),
    };
    Some(text.len() - behind.len() + length)
}

/// The offset just past an array of objects, where `text` starts with a name in one of them.
pub(crate) fn list_end(text: &[u8]) -> Option<usize> {
    container::length(text, 2)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Generator;
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
        let mut generator = Generator(7);
        let mut random = |limit: usize| generator.below(limit as u64) as usize;
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
            assert_eq!(value_length(&text), end(&text, 0), "{shown}");
        }
    }
}
