//! Strings in JSON text.

use super::scan;
use std::borrow::Cow;

/// A string as it is written, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Str<'a> {
    raw: &'a [u8],
}

impl<'a> Str<'a> {
    /// The string whose opening quote is at `at`, and the position behind its closing quote.
    pub(super) fn read(text: &'a [u8], at: usize) -> Option<(Self, usize)> {
        if *text.get(at)? != b'"' {
            return None;
        }
        let start = at + 1;
        let end = scan::string_end(text, start)?;
        let raw = &text[start..end];
        Some((Self { raw }, end + 1))
    }

    /// The string that is known to end before `end`, if `text` begins with one.
    pub(super) fn within(text: &'a [u8], end: usize) -> Option<Self> {
        let raw = text.get(1..end.checked_sub(1)?)?;
        (text.first() == Some(&b'"')).then_some(Self { raw })
    }

    /// The bytes between the quotes, with escapes as they are written.
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

    /// Whether escapes may stand for some of `text`: they are longer than what they stand for.
    fn may_be(&self, text: &str) -> bool {
        self.raw.len() > text.len() && self.is_escaped()
    }

    fn is_escaped(&self) -> bool {
        match self.raw.len() {
            // A search that sees more at a time would not be worth its call.
            0..=24 => self.raw.contains(&b'\\'),
            _ => memchr::memchr(b'\\', self.raw).is_some(),
        }
    }

    /// The text, borrowed unless it has escapes; `None` if it is not valid.
    pub(crate) fn decode(&self) -> Option<Cow<'a, str>> {
        let text = std::str::from_utf8(self.raw).ok()?;
        if self.is_escaped() {
            unescape(text).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(text))
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = scan::find_byte(text.as_bytes(), from, b'\\') {
        out.push_str(text.get(from..at)?);
        from = at + 2;
        out.push(match *text.as_bytes().get(at + 1)? {
            simple @ (b'"' | b'\\' | b'/') => simple.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (code, rest) = code_point(text.get(from..)?)?;
                from = text.len() - rest.len();
                code
            }
            _ => return None,
        });
    }
    out.push_str(text.get(from..)?);
    Some(out)
}

/// The character of `XXXX` or, for a surrogate pair, of `XXXX\uXXXX`, and what stands behind it.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (first, rest) = hex4(text)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = hex4(rest.strip_prefix("\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    let code = 0x10000 + ((first - 0xd800) << 10) + low;
    Some((char::from_u32(code)?, rest))
}

fn hex4(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, &text[4..]))
}

/// About as many bytes as text takes in JSON.
pub(crate) fn written(text: &str) -> usize {
    let escaped = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    text.len() + 5 * text.as_bytes().iter().filter(|byte| escaped(byte)).count()
}
