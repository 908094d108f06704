//! Changes a few places of a text, and nothing between them.

use crate::json::Json;

/// A copy of a text with some places changed, from front to back.
pub(super) struct Splice<'a> {
    text: &'a [u8],
    /// How much of the text has been copied or skipped.
    at: usize,
    out: Vec<u8>,
}

impl<'a> Splice<'a> {
    /// `room` is how much the text is expected to grow.
    pub(super) fn new(text: &'a [u8], room: usize) -> Self {
        Self {
            text,
            at: 0,
            out: Vec::with_capacity(text.len() + room),
        }
    }

    /// Copies up to `place`. The caller appends what goes there.
    pub(super) fn up_to(&mut self, place: usize) -> &mut Vec<u8> {
        let copied = self.text.get(self.at..place).unwrap_or_default();
        self.out.extend_from_slice(copied);
        self.at = self.at.max(place);
        &mut self.out
    }

    /// Copies up to a value of the text, and skips that. The caller appends its replacement.
    pub(super) fn replace(&mut self, value: Json<'a>) -> &mut Vec<u8> {
        self.up_to(self.place(value));
        self.at += value.raw().len();
        &mut self.out
    }

    /// Copies up to the start of an object of the text, where `write` writes a member.
    pub(super) fn add_member(&mut self, object: Json<'a>, write: impl FnOnce(&mut Vec<u8>)) {
        let is_empty = object.entries().next().is_none();
        let out = self.up_to(self.place(object) + 1);
        write(out);
        if !is_empty {
            out.push(b',');
        }
    }

    /// Like [`add_member`](Self::add_member), for the first item of an array.
    pub(super) fn add_item(&mut self, array: Json<'a>, write: impl FnOnce(&mut Vec<u8>)) {
        let is_empty = array.items().next().is_none();
        let out = self.up_to(self.place(array) + 1);
        write(out);
        if !is_empty {
            out.push(b',');
        }
    }

    /// Copies the rest, and returns the text; `None` if nothing has been changed.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        if self.at == 0 {
            return None;
        }
        self.up_to(self.text.len());
        Some(self.out)
    }

    /// The offset of a value: a view extends to the end of the whole text.
    fn place(&self, value: Json<'a>) -> usize {
        self.text.len().saturating_sub(value.rest().len())
    }
}

/// Writes a JSON string. What is written here seldom has anything to escape but quotation marks, so the parts between
/// them are copied whole.
pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // Checks all bytes, which takes less time than to stop at the first match.
    if bytes
        .iter()
        .fold(false, |found, byte| found | (*byte < b' '))
    {
        // Writing to memory cannot fail.
        _ = serde_json::to_writer(out, text);
        return;
    }
    let mut copied = 0;
    out.push(b'"');
    for at in memchr::memchr2_iter(b'"', b'\\', bytes) {
        out.extend_from_slice(&bytes[copied..at]);
        out.push(b'\\');
        copied = at;
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::write_string;

    #[test]
    fn strings_are_those_of_serde_json() {
        for text in [
            "",
            "plain ü",
            "\"",
            "a\"b\\c",
            "\\\"",
            "line\nend\"",
            "\u{1}\u{7f}",
        ] {
            let mut out = Vec::new();
            write_string(&mut out, text);
            assert_eq!(out, serde_json::to_vec(text).unwrap(), "{text:?}");
        }
    }
}
