//! Protocol Buffers: the few types that OTLP uses.
//!
//! The format: <https://protobuf.dev/programming-guides/encoding/>.

/// Writes the bytes of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer(Vec<u8>);

/// Wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

impl Writer {
    /// Appends to `bytes`.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends the fields of another message.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn number(&mut self, field: u32, number: u64) {
        self.tag(field, VARINT);
        self.varint(number);
    }

    pub(super) fn fixed64(&mut self, field: u32, number: u64) {
        self.tag(field, FIXED64);
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u32, number: u32) {
        self.tag(field, FIXED32);
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn double(&mut self, field: u32, number: f64) {
        self.fixed64(field, number.to_bits());
    }

    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.tag(field, LENGTH);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Writes a text, unless it is empty, which is the default.
    pub(super) fn text(&mut self, field: u32, text: &str) {
        if !text.is_empty() {
            self.bytes(field, text.as_bytes());
        }
    }

    /// Writes a nested message.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.tag(field, LENGTH);
        // Reserves the length in four bytes, since a varint may be padded with zero groups: so the content need not be
        // moved.
        const ROOM: usize = 4;
        let begin = self.0.len() + ROOM;
        self.0.extend([0; ROOM]);
        write(self);
        let length = self.0.len() - begin;
        for (place, byte) in self.0[begin - ROOM..begin].iter_mut().enumerate() {
            let goes_on = if place + 1 < ROOM { 0x80 } else { 0 };
            *byte = (length >> (7 * place)) as u8 & 0x7f | goes_on;
        }
    }

    fn tag(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

/// The fields of a message, up to the first that is malformed.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// The value of a field.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A type that is not needed here.
    Other,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match (tag & 7) as u32 {
            VARINT => Value::Number(self.varint()?),
            LENGTH => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            FIXED64 => self.take(8).map(|_| Value::Other)?,
            FIXED32 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut writer = Writer::default();
        writer.number(1, u64::MAX);
        writer.fixed32(3, 1);
        writer.double(4, 1.0);
        writer.message(16, |inner| inner.text(2, "testing"));
        let bytes = writer.into_bytes();
        let inner = b"\x12\x07testing";
        let expected = [
            (1, Value::Number(u64::MAX)),
            (3, Value::Other),
            (4, Value::Other),
            (16, Value::Bytes(inner)),
        ];
        assert!(Fields(&bytes).eq(expected));
        // Truncated or malformed input comes to an end.
        for end in 0..bytes.len() {
            assert!(Fields(&bytes[..end]).count() < 4);
        }
        assert_eq!(Fields(&[0xff; 64]).count(), 0);
        assert_eq!(Fields(b"{\"rate_by_service\":{}}").count(), 0);
    }

    #[test]
    fn fields_are_written_as_the_format_has_it() {
        let mut writer = Writer::default();
        writer.number(1, 150);
        writer.text(2, "testing");
        writer.text(2, "");
        writer.fixed32(3, 1);
        writer.double(4, 1.0);
        writer.message(16, |inner| inner.number(1, 0));
        let expected = [
            &b"\x08\x96\x01"[..],
            b"\x12\x07testing",
            b"\x1d\x01\0\0\0",
            b"\x21\0\0\0\0\0\0\xf0\x3f",
            b"\x82\x01\x82\x80\x80\0\x08\0",
        ];
        assert_eq!(writer.into_bytes(), expected.concat());
    }
}
