//! Writing MessagePack: the few types that the trace format uses.
//!
//! The format: <https://github.com/msgpack/msgpack/blob/master/spec.md>.

/// Bytes of MessagePack.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Writes behind a copy of `head`, into the memory of `bytes`, with room for as many bytes as `capacity` says.
    pub(super) fn behind(head: &[u8], mut bytes: Vec<u8>, capacity: usize) -> Self {
        bytes.clear();
        bytes.reserve(head.len() + capacity);
        bytes.extend_from_slice(head);
        Self(bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// An array whose length is told later: returns the place for [`set_length`](Self::set_length).
    pub(super) fn open_array(&mut self) -> usize {
        self.0.extend([0xdd, 0, 0, 0, 0]);
        self.0.len() - 4
    }

    /// A map whose length is told later, likewise.
    pub(super) fn open_map(&mut self) -> usize {
        self.0.extend([0xdf, 0, 0, 0, 0]);
        self.0.len() - 4
    }

    pub(super) fn set_length(&mut self, place: usize, length: usize) {
        if let Some(bytes) = self.0.get_mut(place..place + 4) {
            bytes.copy_from_slice(&(length as u32).to_be_bytes());
        }
    }

    pub(super) fn array(&mut self, length: usize) {
        match length {
            0..=15 => self.0.push(0x90 | length as u8),
            _ => self.long(0xdc, 0xdd, length),
        }
    }

    pub(super) fn map(&mut self, length: usize) {
        match length {
            0..=15 => self.0.push(0x80 | length as u8),
            _ => self.long(0xde, 0xdf, length),
        }
    }

    /// A short text that is known when the crate is built, so that writing it is one store.
    #[inline(always)]
    pub(super) fn name(&mut self, name: &'static str) {
        self.text(name);
    }

    pub(super) fn text(&mut self, text: &str) {
        match text.len() {
            length @ 0..=31 => self.0.push(0xa0 | length as u8),
            length @ 32..=255 => self.0.extend([0xd9, length as u8]),
            length => self.long(0xda, 0xdb, length),
        }
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        match number {
            0..=127 => self.0.push(number as u8),
            _ => {
                self.0.push(0xcf);
                self.0.extend(number.to_be_bytes());
            }
        }
    }

    pub(super) fn float(&mut self, number: f64) {
        self.0.push(0xcb);
        self.0.extend(number.to_be_bytes());
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
