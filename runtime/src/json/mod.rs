//! A lazy view of JSON text.
//!
//! Nothing is built up front: a [`Json`] is the position where a value begins, and each method reads the text from there,
//! only as far as needed. No method panics, recurses, or fails on text that is not JSON: what cannot be read is absent.

mod container;
mod find;
mod members;
mod piece;
mod scan;
mod simd;
mod string;
mod text;
mod walk;
pub(crate) mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

#[cfg(test)]
pub(crate) use scan::counted;

pub(crate) use find::{find_any, find_any_ignore_case, find_byte, has_word, Needle};
pub(crate) use members::Members;
pub(crate) use scan::{carrier_end, list_end};
pub(crate) use text::{written, Str};
pub(crate) use walk::{Entries, Items, Values};

/// A value in JSON text, read lazily.
///
/// Custom extractors use it to look at an event without parsing or owning all of it. Copying it is as cheap as copying a
/// slice. Methods return `None` if the value has another type, or if the text is truncated or malformed where they read
/// it.
///
/// ```
/// let order = ddlambda::Json::new(br#"{"id": 7, "meta": {"trace": {"id": "42"}}, "lines": ["a", "b\u0021"]}"#);
/// assert_eq!(order.get("id").and_then(|id| id.as_u64()), Some(7));
/// let trace = order.get("meta").and_then(|meta| meta.get("trace"));
/// assert_eq!(trace.and_then(|trace| trace.get("id")?.as_str()).as_deref(), Some("42"));
/// let lines: Vec<_> = order.get("lines").into_iter().flat_map(|lines| lines.items()).collect();
/// assert_eq!(lines[1].as_str().as_deref(), Some("b!"));
/// assert!(order.get("total").is_none());
/// ```
#[derive(Clone, Copy)]
pub struct Json<'a> {
    /// From the first byte of the value to the end of the input.
    text: &'a [u8],
    /// The offset just past the value; 0 if it is not known yet.
    end: usize,
}

impl<'a> Json<'a> {
    /// Creates a view of the first value in `text`.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        Self {
            text: scan::skip_space(text),
            end: 0,
        }
    }

    /// Returns the value of the first member with this name, if the value is an object.
    #[must_use]
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        self.entries()
            .find(|(key, _)| key.is(name))
            .map(|(_, value)| value)
    }

    /// Returns the value of the first member with this name, ignoring ASCII case, if the value is an object.
    #[must_use]
    #[inline(never)]
    pub fn get_ignore_case(&self, name: &str) -> Option<Json<'a>> {
        self.entries()
            .find(|(key, _)| key.is_ignore_case(name))
            .map(|(_, value)| value)
    }

    /// Returns an iterator over the members of an object, in order. It is empty for any other value.
    ///
    /// Members whose name is not valid text are skipped. The text after a member is not read until the next one is
    /// requested.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Json<'a>)> + use<'a> {
        self.entries()
            .filter_map(|(key, value)| Some((key.decode()?, value)))
    }

    /// Returns an iterator over the items of an array, in order. It is empty for any other value.
    ///
    /// The text after an item is not read until the next one is requested.
    pub fn items(&self) -> impl Iterator<Item = Json<'a>> + use<'a> {
        self.elements()
    }

    /// Returns the text of a string, borrowed unless it contains escapes.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        self.string()?.decode()
    }

    /// Returns the value of an integer from 0 to `u64::MAX`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.integer_text()?.parse().ok()
    }

    /// Returns the value of an integer from `i64::MIN` to `i64::MAX`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.integer_text()?.parse().ok()
    }

    /// Returns the value of a number, as precisely as `serde_json` reads it.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        serde_json::from_slice(self.number()?).ok()
    }

    /// Returns the value of `true` or `false`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.word() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// Returns whether the value is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.text.first() == Some(&b'{')
    }

    /// Returns whether the value is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.text.first() == Some(&b'[')
    }

    /// Returns whether the value is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.word() == b"null"
    }

    /// Returns the text of the value as written. If the value is truncated, this is the rest of the text.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        let end = Some(self.end).filter(|end| *end != 0);
        let end = end.or_else(|| scan::value_length(self.text));
        self.text
            .get(..end.unwrap_or(usize::MAX))
            .unwrap_or(self.text)
    }

    /// The input from the value onwards. Unlike [`raw`](Self::raw), this scans nothing.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text
    }

    /// The members of an object, with their names not decoded.
    pub(crate) fn entries(&self) -> Entries<'a> {
        Entries::of(self.text)
    }

    /// The items of an array.
    pub(crate) fn elements(&self) -> Items<'a> {
        Items::of(self.text)
    }

    /// The items of an array, or the values of an object: some serialisers turn an array into one with numbers as names.
    pub(crate) fn values(&self) -> Values<'a> {
        match self.is_object() {
            true => Values::Members(self.entries()),
            false => Values::Items(self.elements()),
        }
    }

    /// The value, not decoded, if it is a string.
    // Not inlined, like `Str::decode`.
    #[inline(never)]
    pub(crate) fn string(&self) -> Option<Str<'a>> {
        match self.end {
            0 => Str::read(self.text).map(|(string, _)| string),
            end => Str::within(self.text, end),
        }
    }

    /// A string or an integer, not decoded: header values and ids come as either.
    pub(crate) fn text(&self) -> Option<Str<'a>> {
        self.string().or_else(|| self.integer().map(Str::word))
    }

    /// The text of a string or an integer.
    pub(crate) fn as_text(&self) -> Option<Cow<'a, str>> {
        self.text()?.decode()
    }

    /// The digits of an integer, with its sign.
    fn integer(&self) -> Option<&'a [u8]> {
        let number = self.number()?;
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        digits.iter().all(u8::is_ascii_digit).then_some(number)
    }

    fn integer_text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.integer()?).ok()
    }

    fn number(&self) -> Option<&'a [u8]> {
        let (b'0'..=b'9' | b'-') = self.text.first()? else {
            return None;
        };
        let word = self.word();
        matches!(word, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]).then_some(word)
    }

    /// The text of a value that is a number, `true`, `false` or `null`.
    fn word(&self) -> &'a [u8] {
        match self.end {
            0 => scan::word(self.text),
            end => self.text.get(..end).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.raw()))
    }
}
