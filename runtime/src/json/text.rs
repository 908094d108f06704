//! Strings in JSON text.

use super::simd::{places, plain, Block};
use super::string::{inner_string_end, string};
use super::{scan, Needle};
use std::borrow::Cow;
use std::ops::Range;

/// A string in JSON text, without its quotes and not decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Str<'a> {
    raw: &'a [u8],
}

impl<'a> Str<'a> {
    /// Reads the string that `text` starts with. Also returns the text after its closing quote.
    #[inline]
    pub(super) fn read(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (raw, behind) = string(text.strip_prefix(b"\"")?)?;
        Some((Self { raw }, behind))
    }

    /// The string at the start of `text`, if there is one; `end` is the offset just past its closing quote.
    pub(super) fn within(text: &'a [u8], end: usize) -> Option<Self> {
        let raw = text.get(1..end.checked_sub(1)?)?;
        (text.first() == Some(&b'"')).then_some(Self { raw })
    }

    /// A number, to be treated as text.
    pub(super) fn word(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// The part after the last `byte`, or all of it if there is none.
    pub(crate) fn behind_last(self, byte: u8) -> Self {
        let behind = self.raw.rsplit(|other| *other == byte).next();
        Self {
            raw: behind.unwrap_or(self.raw),
        }
    }

    /// The bytes between the quotes, with escapes not decoded.
    pub(crate) fn raw(&self) -> &'a [u8] {
        self.raw
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.raw == text.as_bytes()
            || self.may_be(text) && self.decode().is_some_and(|decoded| decoded == text)
    }

    pub(crate) fn is_ignore_case(&self, text: &str) -> bool {
        let same = |decoded: Cow<'_, str>| decoded.eq_ignore_ascii_case(text);
        self.raw.eq_ignore_ascii_case(text.as_bytes())
            || self.may_be(text) && self.decode().is_some_and(same)
    }

    /// Whether `text` may be written with escapes here: those are longer than what they stand for.
    fn may_be(&self, text: &str) -> bool {
        self.raw.len() > text.len() && self.is_escaped()
    }

    pub(crate) fn is_escaped(&self) -> bool {
        memchr::memchr(b'\\', self.raw).is_some()
    }

    /// The decoded text, borrowed unless it has escapes; `None` if it is not valid.
    // Not inlined, as it is called in many places.
    #[inline(never)]
    pub(crate) fn decode(&self) -> Option<Cow<'a, str>> {
        match plain(self.raw) {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self.decode_any(),
        }
    }

    #[inline(never)]
    fn decode_any(&self) -> Option<Cow<'a, str>> {
        if self.is_escaped() {
            let mut text = Vec::with_capacity(self.raw.len() + size_of::<Block>());
            unescape(self.raw, &mut text)?;
            String::from_utf8(text).ok().map(Cow::Owned)
        } else {
            std::str::from_utf8(self.raw).ok().map(Cow::Borrowed)
        }
    }

    /// If this string contains a JSON object, finds a member of it that is a string, and returns the range of its text in
    /// [`raw`](Self::raw). `name` is the member's name with its quotes, escaped as it is here.
    pub(crate) fn inner(&self, name: Needle) -> Option<Range<usize>> {
        let behind = self.raw.get(name.end(self.raw)?..)?;
        let inside = scan::behind_colon(behind)?.strip_prefix(br#"\""#)?;
        let start = self.raw.len() - inside.len();
        let end = inner_string_end(self.raw, start)? - 1;
        Some(start..end)
    }

    /// Decodes the string without `part`, a range of [`raw`](Self::raw).
    pub(crate) fn decode_without(&self, part: Range<usize>) -> Option<String> {
        let mut text = Vec::with_capacity(self.raw.len() - part.len() + size_of::<Block>());
        unescape(self.raw.get(..part.start)?, &mut text)?;
        unescape(self.raw.get(part.end..)?, &mut text)?;
        String::from_utf8(text).ok()
    }
}

/// Appends `raw` with its escapes decoded, which makes it no longer.
fn unescape(raw: &[u8], text: &mut Vec<u8>) -> Option<()> {
    /// What each byte means after a backslash; 0 if nothing, or if more bytes are needed to tell.
    const ESCAPED: [u8; 256] = {
        let mut bytes = [0; 256];
        let pairs = b"\"\"\\\\//b\x08f\x0cn\nr\rt\t";
        let mut at = 0;
        while at < pairs.len() {
            bytes[pairs[at] as usize] = pairs[at + 1];
            at += 2;
        }
        bytes
    };
    let (mut rest, mut end) = (raw, text.len());
    // One block more than needed: blocks are copied whole, and the excess is overwritten.
    text.resize(end + raw.len() + size_of::<Block>(), 0);
    loop {
        // The text between two escapes is mostly short, so a whole block is copied, of which the part up to the next
        // escape counts.
        let plain = match rest.first_chunk() {
            Some(block) => {
                *text.get_mut(end..)?.first_chunk_mut()? = *block;
                match places(block, b'\\') {
                    0 => block.len(),
                    escapes => escapes.trailing_zeros() as usize,
                }
            }
            None => {
                let ends = rest.iter().position(|byte| *byte == b'\\');
                let plain = ends.unwrap_or(rest.len());
                text.get_mut(end..end + plain)?
                    .copy_from_slice(&rest[..plain]);
                plain
            }
        };
        end += plain;
        rest = match &rest[plain..] {
            [b'\\', escaped, behind @ ..] => {
                let byte = ESCAPED[usize::from(*escaped)];
                if byte != 0 {
                    *text.get_mut(end)? = byte;
                    end += 1;
                    behind
                } else if *escaped == b'u' {
                    let (code, behind) = code_point(behind)?;
                    end += code.encode_utf8(text.get_mut(end..)?).len();
                    behind
                } else {
                    return None;
                }
            }
            [b'\\'] => return None,
            [] => break,
            plain => plain,
        };
    }
    text.truncate(end);
    Some(())
}

/// Parses `XXXX` or, for a surrogate pair, `XXXX\uXXXX`. Returns the character and the text after it.
fn code_point(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = hex4(text)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = hex4(rest.strip_prefix(b"\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    let code = 0x10000 + ((first - 0xd800) << 10) + low;
    Some((char::from_u32(code)?, rest))
}

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let digit = |code: u32, digit: &u8| Some(code << 4 | char::from(*digit).to_digit(16)?);
    Some((digits.iter().try_fold(0, digit)?, rest))
}

/// Estimates how many bytes `text` takes in JSON.
pub(crate) fn written(text: &str) -> usize {
    let escaped = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    text.len() + 5 * text.as_bytes().iter().filter(|byte| escaped(byte)).count()
}
