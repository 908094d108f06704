//! Encoded names and values, the form in which tags are kept.

use crate::msgpack::{Reader, Writer};

/// Names and values, in the order they were last set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pairs {
    pub(super) bytes: Writer,
    pub(super) count: usize,
}

impl Pairs {
    pub(super) const fn new() -> Self {
        Self {
            bytes: Writer::new(),
            count: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    pub(super) fn append(&mut self, other: &Self) {
        self.bytes.copy(other.bytes.as_bytes());
        self.count += other.count;
    }

    /// The range of the pair with this name.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<(usize, usize)> {
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

    pub(super) fn remove(&mut self, name: &str) -> bool {
        let found = self.find(name.as_bytes());
        if let Some((start, end)) = found {
            self.bytes.remove(start..end);
            self.count -= 1;
        }
        found.is_some()
    }

    /// The encoded names, each with its encoded pair.
    pub(super) fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let bytes = self.bytes.as_bytes();
        let mut reader = Reader::new(bytes);
        std::iter::from_fn(move || {
            let start = reader.position();
            let name = reader.raw_text()?;
            reader.skip()?;
            Some((name, &bytes[start..reader.position()]))
        })
    }

    /// The names, each with a reader positioned at its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Reader<'_>)> {
        let mut reader = Reader::new(self.bytes.as_bytes());
        std::iter::from_fn(move || next(&mut reader))
    }
}

// Not inlined, since tags are iterated in many places.
#[inline(never)]
fn next<'a>(reader: &mut Reader<'a>) -> Option<(&'a str, Reader<'a>)> {
    let name = reader.text()?;
    let value = reader.clone();
    reader.skip()?;
    Some((name, value))
}
