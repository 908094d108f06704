//! MessagePack: the few types that the trace format uses.
//!
//! The format: <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use std::ops::Range;

/// Writes MessagePack.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Starts with a copy of `head`, in the memory of `bytes`, with room for `capacity` more bytes.
    pub(crate) fn behind(head: &[u8], mut bytes: Vec<u8>, capacity: usize) -> Self {
        bytes.clear();
        bytes.reserve(head.len() + capacity);
        bytes.extend_from_slice(head);
        Self(bytes)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Begins an array whose length is set later: returns the offset for [`set_length`](Self::set_length).
    pub(crate) fn open_array(&mut self) -> usize {
        self.0.extend([0xdd, 0, 0, 0, 0]);
        self.0.len() - 4
    }

    /// Begins a map whose length is set later in the same way.
    pub(crate) fn open_map(&mut self) -> usize {
        self.0.extend([0xdf, 0, 0, 0, 0]);
        self.0.len() - 4
    }

    pub(crate) fn set_length(&mut self, place: usize, length: usize) {
        if let Some(bytes) = self.0.get_mut(place..place + 4) {
            bytes.copy_from_slice(&(length as u32).to_be_bytes());
        }
    }

    pub(crate) fn array(&mut self, length: usize) {
        match length {
            0..=15 => self.0.push(0x90 | length as u8),
            _ => self.long(0xdc, 0xdd, length),
        }
    }

    pub(crate) fn map(&mut self, length: usize) {
        match length {
            0..=15 => self.0.push(0x80 | length as u8),
            _ => self.long(0xde, 0xdf, length),
        }
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        self.text_of(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Writes a text of this length in parts.
    #[cfg(any(
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    pub(crate) fn joined(&mut self, parts: &[&str], length: usize) {
        self.text_of(length);
        for part in parts {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    #[inline]
    fn text_of(&mut self, length: usize) {
        match length {
            0..=31 => self.0.push(0xa0 | length as u8),
            _ => self.long_text(length),
        }
    }

    fn long_text(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(length) => self.0.extend([0xd9, length]),
            Err(_) => self.long(0xda, 0xdb, length),
        }
    }

    pub(crate) fn number(&mut self, number: u64) {
        match number {
            0..=127 => self.0.push(number as u8),
            _ => {
                self.0.push(0xcf);
                self.0.extend(number.to_be_bytes());
            }
        }
    }

    pub(crate) fn float(&mut self, number: f64) {
        self.0.push(0xcb);
        self.0.extend(number.to_be_bytes());
    }

    /// Reserves room for this many more bytes; for at least `first` if nothing is allocated yet.
    #[inline]
    pub(crate) fn reserve(&mut self, more: usize, first: usize) {
        if self.0.capacity() == 0 {
            self.0.reserve_exact(more.max(first));
        } else {
            self.0.reserve(more);
        }
    }

    /// Appends bytes that are already MessagePack.
    #[inline(always)]
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Removes the bytes in this range.
    pub(crate) fn remove(&mut self, places: Range<usize>) {
        self.0.drain(places);
    }

    fn long(&mut self, short: u8, long: u8, length: usize) {
        if let Ok(length) = u16::try_from(length) {
            self.0.push(short);
            self.0.extend(length.to_be_bytes());
        } else {
            self.0.push(long);
            self.0.extend((length as u32).to_be_bytes());
        }
    }
}

/// Reads what a [`Writer`] has written: texts and floats.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.raw_text()?).ok()
    }

    /// The bytes of a text.
    pub(crate) fn raw_text(&mut self) -> Option<&'a [u8]> {
        let (head, length) = match *self.bytes.get(self.at)? {
            head @ 0xa0..=0xbf => (1, usize::from(head & 0x1f)),
            0xd9 => (2, usize::from(*self.bytes.get(self.at + 1)?)),
            0xda => (3, usize::from(u16::from_be_bytes(self.array()?))),
            0xdb => (5, u32::from_be_bytes(self.array()?) as usize),
            _ => return None,
        };
        let start = self.at + head;
        let text = self.bytes.get(start..start + length)?;
        self.at = start + length;
        Some(text)
    }

    pub(crate) fn float(&mut self) -> Option<f64> {
        if *self.bytes.get(self.at)? != 0xcb {
            return None;
        }
        let float = f64::from_be_bytes(self.array()?);
        self.at += 9;
        Some(float)
    }

    /// Skips one value.
    pub(crate) fn skip(&mut self) -> Option<()> {
        match self.bytes.get(self.at)? {
            0xcb => self.at += 9,
            _ => drop(self.raw_text()?),
        }
        Some(())
    }

    /// The bytes after the first.
    fn array<const N: usize>(&self) -> Option<[u8; N]> {
        self.bytes.get(self.at + 1..)?.first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let texts = [0, 1, 31, 32, 255, 256, 65_535, 65_536].map(|length| "x".repeat(length));
        let mut writer = Writer::new();
        for text in &texts {
            writer.text(text);
            writer.float(text.len() as f64);
        }
        let mut reader = Reader::new(writer.as_bytes());
        for text in &texts {
            let mut skipping = reader.clone();
            assert_eq!(reader.text(), Some(text.as_str()));
            assert_eq!(reader.float(), Some(text.len() as f64));
            assert!(skipping.skip().is_some() && skipping.skip().is_some());
            assert_eq!(skipping.position(), reader.position());
        }
        assert_eq!((reader.text(), reader.float()), (None, None));
    }
}
