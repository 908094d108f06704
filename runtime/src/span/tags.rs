//! The tags of a span: texts (`meta` on the wire) and numbers (`metrics`).

use std::borrow::Cow;

use super::pairs::Pairs;
use crate::msgpack::Writer;

/// Text that is usually static: an operation name, a span type.
pub(crate) type Text = Cow<'static, str>;

/// Capacity for the few tags of most spans, in bytes. The two differ because allocators keep only a few free blocks of each
/// size at hand.
const SMALL: usize = 120;
const SMALL_NUMBERS: usize = 40;

/// Capacity for the tags of a span of this library, in bytes: less than a kilobyte, up to which allocators keep memory at
/// hand.
const TYPICAL: usize = 1000;

/// Longer values are cut, as the Node tracer does.
pub(crate) const MAX_VALUE: usize = 25_000;

/// The most bytes of tags; what is set beyond that is dropped.
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

/// The tags of a span. Names are unique.
///
/// They are kept encoded as MessagePack: one block of bytes for each of the two kinds. A span is written once and most of
/// its tags are never read, so they are neither allocated one by one nor encoded later.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tags {
    texts: Pairs,
    numbers: Pairs,
    /// Whether names have been [`set`](Self::set), which may be any name, rather than only pushed.
    any: bool,
    /// Whether all that is set from now on is dropped.
    is_sealed: bool,
    /// The number of tags dropped.
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

    /// Tags with capacity for those of `aws.lambda` or an inferred span.
    pub(crate) fn with_typical_capacity() -> Self {
        let mut tags = Self::new();
        tags.texts.bytes = Writer::with_capacity(TYPICAL);
        tags.numbers.bytes = Writer::with_capacity(72);
        tags
    }

    /// Provides that capacity if there is less; only before any tag is set.
    pub(crate) fn expect_typical(&mut self) {
        if self.capacity() < TYPICAL {
            let Self { texts, numbers, .. } = Self::with_typical_capacity();
            (self.texts, self.numbers) = (texts, numbers);
        }
    }

    /// The allocated bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.texts.bytes.capacity() + self.numbers.bytes.capacity()
    }

    /// Takes the tags out; if there are none, keeps the memory.
    pub(crate) fn take(&mut self) -> Self {
        match self.len() {
            0 => Self::new(),
            _ => std::mem::take(self),
        }
    }

    /// Removes all tags and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.texts.clear();
        self.numbers.clear();
        (self.any, self.is_sealed, self.dropped) = (false, false, 0);
    }

    /// Sets a text tag, replacing any previous value; drops it if there is no room.
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

    /// Sets a text tag, even beyond the size limit, unless the tags are sealed.
    pub(crate) fn keep(&mut self, name: &str, text: &str) {
        self.remove(name);
        self.any = true;
        if self.is_sealed {
            self.dropped += 1;
        } else {
            self.push(name, text);
        }
    }

    /// Sets a number, replacing any previous value; drops it if there is no room.
    pub(crate) fn set_number(&mut self, name: impl AsRef<str>, number: f64) {
        let name = name.as_ref();
        self.remove(name);
        self.any = true;
        if self.has_room(name.len()) {
            self.push_number(name, number);
        }
    }

    /// Sets a number, even if the tags are full or sealed.
    pub(crate) fn note(&mut self, name: &str, number: f64) {
        self.remove(name);
        self.any = true;
        self.push_number(name, number);
    }

    /// Drops all tags that are set from now on.
    pub(crate) fn seal(&mut self) {
        self.is_sealed = true;
    }

    #[cfg(feature = "tracing")]
    pub(super) fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// The number of tags dropped.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// The size of the encoded tags, in bytes.
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

    /// Sets a text tag in the same way, from parts that are concatenated.
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

    /// Whether all names are the library's own.
    pub(crate) fn are_own(&self) -> bool {
        !self.any
    }

    /// Whether user code has set this name, which the library itself does not set on spans.
    pub(crate) fn has_foreign(&self, name: &str) -> bool {
        self.any && self.has(name)
    }

    /// The text tags, as encoded pairs, and their count.
    pub(crate) fn encoded_texts(&self) -> (&[u8], usize) {
        (self.texts.bytes.as_bytes(), self.texts.count)
    }

    /// The numbers, as encoded pairs, and their count.
    pub(crate) fn encoded_numbers(&self) -> (&[u8], usize) {
        (self.numbers.bytes.as_bytes(), self.numbers.count)
    }

    /// The text tags whose names are not in `other`, each as an encoded pair.
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

    /// Adds the tags of `other`, whose names must all be new.
    pub(crate) fn append(&mut self, other: &Tags) {
        self.any |= other.any;
        self.dropped += other.dropped;
        self.texts.append(&other.texts);
        self.numbers.append(&other.numbers);
    }

    /// Sets all tags of `other`, as far as there is room; its values replace those here.
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
    /// All tags, with numbers as text.
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
