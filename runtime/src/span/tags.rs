//! The tags of a span: texts (`meta` on the wire) and numbers (`metrics`).

use std::borrow::Cow;

use crate::msgpack::{Reader, Writer};

/// Text that is usually static: an operation name, a span type.
pub(crate) type Text = Cow<'static, str>;

/// Room for the few tags of most spans, in bytes. Different for the two kinds, since allocators keep only a few blocks of
/// each size at hand.
const SMALL: usize = 120;
const SMALL_NUMBERS: usize = 40;

/// Room for the tags of a span of this library, in bytes: less than a kilobyte, up to which allocators keep memory at hand.
const TYPICAL: usize = 1000;

/// Longer values are cut, as the Node tracer does.
pub(crate) const MAX_VALUE: usize = 25_000;

/// What is set beyond so many bytes of tags is dropped.
const MAX_TAGS: usize = 1_000_000;

/// `text` within the limit for a tag's value, ending in `...` where it was cut.
pub(crate) fn limited(text: &str) -> Cow<'_, str> {
    match text.len() {
        0..=MAX_VALUE => text.into(),
        _ => cut(text).into(),
    }
}

#[cold]
fn cut(text: &str) -> String {
    let mut ends = (0..=MAX_VALUE).rev();
    let end = ends.find(|end| text.is_char_boundary(*end));
    [&text[..end.unwrap_or(0)], "..."].concat()
}

/// The tags of a span. A name occurs once.
///
/// They are kept as they leave: one block of bytes for each of the two kinds. A span is written once and most of its
/// tags are never looked at, so they are neither allocated one by one nor encoded later.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tags {
    texts: Pairs,
    numbers: Pairs,
    /// Whether names have been [`set`](Self::set), which may be any, not only pushed.
    any: bool,
    /// Whether there is no room for more.
    is_sealed: bool,
    /// How many found no room.
    dropped: u32,
}

impl Tags {
    pub(crate) const fn new() -> Self {
        Self {
            texts: Pairs::new(),
            numbers: Pairs::new(),
            any: false,
            is_sealed: false,
            dropped: 0,
        }
    }

    /// Room for the tags of `aws.lambda` or an inferred span.
    pub(crate) fn with_typical_capacity() -> Self {
        let mut tags = Self::new();
        tags.texts.bytes = Writer::with_capacity(TYPICAL);
        tags.numbers.bytes = Writer::with_capacity(72);
        tags
    }

    /// Makes such room where there is less, before any tag is set.
    pub(crate) fn expect_typical(&mut self) {
        if self.capacity() < TYPICAL {
            let Self { texts, numbers, .. } = Self::with_typical_capacity();
            (self.texts, self.numbers) = (texts, numbers);
        }
    }

    /// The bytes that there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.texts.bytes.capacity() + self.numbers.bytes.capacity()
    }

    /// Takes the tags out; their memory stays where there is none.
    pub(crate) fn take(&mut self) -> Self {
        match self.len() {
            0 => Self::new(),
            _ => std::mem::take(self),
        }
    }

    /// Drops all tags, and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.texts.clear();
        self.numbers.clear();
        (self.any, self.is_sealed, self.dropped) = (false, false, 0);
    }

    /// Sets a text tag, in place of any value that the name had; drops it if there is no room.
    pub(crate) fn set(&mut self, name: impl AsRef<str>, text: impl AsRef<str>) {
        self.put(name.as_ref(), text.as_ref());
    }

    fn put(&mut self, name: &str, text: &str) {
        self.remove(name);
        self.any = true;
        if self.has_room(name.len() + text.len().min(MAX_VALUE)) {
            self.push(name, text);
        }
    }

    /// Sets a text tag for which there is room as long as the tags take any more.
    pub(crate) fn keep(&mut self, name: &str, text: &str) {
        self.remove(name);
        self.any = true;
        if self.is_sealed {
            self.dropped += 1;
        } else {
            self.push(name, text);
        }
    }

    /// Sets a number, in place of any value that the name had; drops it if there is no room.
    pub(crate) fn set_number(&mut self, name: impl AsRef<str>, number: f64) {
        let name = name.as_ref();
        self.remove(name);
        self.any = true;
        if self.has_room(name.len()) {
            self.push_number(name, number);
        }
    }

    /// Sets a number for which there is always room.
    pub(crate) fn note(&mut self, name: &str, number: f64) {
        self.remove(name);
        self.any = true;
        self.push_number(name, number);
    }

    /// Drops what is set from now on.
    pub(crate) fn seal(&mut self) {
        self.is_sealed = true;
    }

    #[cfg(feature = "tracing")]
    pub(super) fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// How many tags found no room.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// The bytes that the tags take.
    pub(crate) fn len(&self) -> usize {
        self.texts.bytes.len() + self.numbers.bytes.len()
    }

    fn has_room(&mut self, more: usize) -> bool {
        let fits = self.fits(more);
        self.dropped += u32::from(!fits);
        fits
    }

    fn fits(&self, more: usize) -> bool {
        !self.is_sealed && self.len() + more <= MAX_TAGS
    }

    /// Sets a text tag whose name has not been set before.
    pub(crate) fn push(&mut self, name: &str, text: &str) {
        debug_assert!(!self.has(name), "{name} is set twice");
        let bytes = &mut self.texts.bytes;
        bytes.reserve(name.len() + text.len().min(MAX_VALUE) + 16, SMALL);
        bytes.text(name);
        bytes.text(&limited(text));
        self.texts.count += 1;
    }

    /// Sets a text tag likewise, to the parts one after the other.
    #[cfg(any(
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    pub(crate) fn push_joined(&mut self, name: &str, parts: &[&str]) {
        debug_assert!(!self.has(name), "{name} is set twice");
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length > MAX_VALUE {
            return self.push(name, &parts.concat());
        }
        let bytes = &mut self.texts.bytes;
        bytes.reserve(name.len() + length + 16, SMALL);
        bytes.text(name);
        bytes.joined(parts, length);
        self.texts.count += 1;
    }

    /// Sets a number whose name has not been set before.
    pub(crate) fn push_number(&mut self, name: &str, number: f64) {
        debug_assert!(!self.has(name), "{name} is set twice");
        self.numbers.bytes.reserve(name.len() + 16, SMALL_NUMBERS);
        self.numbers.bytes.text(name);
        self.numbers.bytes.float(number);
        self.numbers.count += 1;
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        let name = name.as_bytes();
        self.texts.find(name).is_some() || self.numbers.find(name).is_some()
    }

    /// Whether all names are the library's.
    pub(crate) fn are_own(&self) -> bool {
        !self.any
    }

    /// Whether the name, which the library gives to no tag of a span by itself, has been set by other code.
    pub(crate) fn has_foreign(&self, name: &str) -> bool {
        self.any && self.has(name)
    }

    /// The text tags, as pairs of MessagePack, and their count.
    pub(crate) fn encoded_texts(&self) -> (&[u8], usize) {
        (self.texts.bytes.as_bytes(), self.texts.count)
    }

    /// The numbers, likewise.
    pub(crate) fn encoded_numbers(&self) -> (&[u8], usize) {
        (self.numbers.bytes.as_bytes(), self.numbers.count)
    }

    /// The text tags that have no name of `other`, each as a pair of MessagePack.
    pub(crate) fn encoded_texts_beside<'a>(
        &'a self,
        other: &'a Tags,
    ) -> impl Iterator<Item = &'a [u8]> {
        let names = self.texts.raw().filter(|(name, _)| {
            other.texts.find(name).is_none() && other.numbers.find(name).is_none()
        });
        names.map(|(_, pair)| pair)
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter_map(|(name, value)| Some((name, value.clone().text()?)))
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.numbers
            .iter()
            .filter_map(|(name, value)| Some((name, value.clone().float()?)))
    }

    /// Takes over the tags of `other`, none of which has a name that is here.
    pub(crate) fn append(&mut self, other: &Tags) {
        self.any |= other.any;
        self.dropped += other.dropped;
        self.texts.append(&other.texts);
        self.numbers.append(&other.numbers);
    }

    /// Takes over all tags of `other`, or as many as there is room for; its values win.
    pub(crate) fn update(&mut self, other: &Tags) {
        for (name, _) in other.texts.iter().chain(other.numbers.iter()) {
            self.remove(name);
        }
        if self.fits(other.len()) {
            self.append(other);
        } else {
            self.append_some(other);
        }
    }

    #[cold]
    fn append_some(&mut self, other: &Tags) {
        self.any |= other.any;
        self.dropped += other.dropped;
        for (name, pair) in other.texts.raw() {
            let is_error = name.starts_with(b"error.") && !self.is_sealed;
            if is_error || self.has_room(pair.len()) {
                self.texts.bytes.copy(pair);
                self.texts.count += 1;
            }
        }
        for (_, pair) in other.numbers.raw() {
            if self.has_room(pair.len()) {
                self.numbers.bytes.copy(pair);
                self.numbers.count += 1;
            }
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        if !self.texts.remove(name) {
            self.numbers.remove(name);
        }
    }
}

/// Names, each with its value, in the order they were last set.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pairs {
    bytes: Writer,
    count: usize,
}

impl Pairs {
    const fn new() -> Self {
        Self {
            bytes: Writer::new(),
            count: 0,
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    fn append(&mut self, other: &Self) {
        self.bytes.copy(other.bytes.as_bytes());
        self.count += other.count;
    }

    /// Where the pair of this name begins and ends.
    #[inline]
    fn find(&self, name: &[u8]) -> Option<(usize, usize)> {
        let mut reader = Reader::new(self.bytes.as_bytes());
        for _ in 0..self.count {
            let start = reader.position();
            let found = reader.raw_text()? == name;
            reader.skip()?;
            if found {
                return Some((start, reader.position()));
            }
        }
        None
    }

    fn remove(&mut self, name: &str) -> bool {
        let found = self.find(name.as_bytes());
        if let Some((start, end)) = found {
            self.bytes.remove(start..end);
            self.count -= 1;
        }
        found.is_some()
    }

    /// The bytes of the names, each with those of its pair.
    fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let bytes = self.bytes.as_bytes();
        let mut reader = Reader::new(bytes);
        std::iter::from_fn(move || {
            let start = reader.position();
            let name = reader.raw_text()?;
            reader.skip()?;
            Some((name, &bytes[start..reader.position()]))
        })
    }

    /// The names, each with a reader that stands before its value.
    fn iter(&self) -> impl Iterator<Item = (&str, Reader<'_>)> {
        let mut reader = Reader::new(self.bytes.as_bytes());
        std::iter::from_fn(move || next(&mut reader))
    }
}

// Apart, since tags are walked through in many places.
#[inline(never)]
fn next<'a>(reader: &mut Reader<'a>) -> Option<(&'a str, Reader<'a>)> {
    let name = reader.text()?;
    let value = reader.clone();
    reader.skip()?;
    Some((name, value))
}

#[cfg(any(test, feature = "tracing"))]
impl Tags {
    /// The text of a tag; `None` if it is absent or a number.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| text)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.numbers()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| number)
    }
}

#[cfg(test)]
impl Tags {
    /// All tags, numbers as they print.
    pub(crate) fn printed(&self) -> Vec<(&str, String)> {
        let texts = self.texts().map(|(name, text)| (name, text.to_owned()));
        let numbers = self.numbers();
        texts
            .chain(numbers.map(|(name, number)| (name, number.to_string())))
            .collect()
    }
}

#[cfg(test)]
mod tests;
