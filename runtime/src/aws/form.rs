//! Bodies of `name=value` pairs, used by services whose protocol is older than JSON.

use std::borrow::Cow;

use crate::trigger::decode_form;

/// The pairs of a body. Names need no decoding, since AWS uses no special characters in them.
#[derive(Clone, Copy)]
pub(super) struct Form<'a>(&'a str);

impl<'a> Form<'a> {
    pub(super) fn new(body: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(body).ok().map(Self)
    }

    /// The names, each with its value, not decoded.
    pub(super) fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.split('&').filter_map(|pair| pair.split_once('='))
    }

    /// The value of a name, decoded.
    pub(super) fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.pairs().find(|(known, _)| *known == name)?;
        text(value)
    }
}

/// Decodes a value.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    match decode_form(value) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// Appends a pair. `value` is base64, of which three characters are escaped.
pub(super) fn write_base64_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    write_pair(out, name, "");
    for byte in value.bytes() {
        match byte {
            b'+' => out.extend_from_slice(b"%2B"),
            b'/' => out.extend_from_slice(b"%2F"),
            b'=' => out.extend_from_slice(b"%3D"),
            _ => out.push(byte),
        }
    }
}

/// Appends a pair. `value` must need no escaping.
pub(super) fn write_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b'&');
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    out.extend_from_slice(value.as_bytes());
}
