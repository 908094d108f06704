//! Writes JSON objects, member by member.

use std::fmt::{self, Arguments, Write};

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            is_empty: true,
        }
    }

    /// Continues the object at the end of `out`, which must be open and not empty.
    #[cfg(feature = "tracing")]
    pub(crate) fn reopen(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            is_empty: false,
        }
    }

    /// Begins a member and returns the buffer, to which its value must be appended.
    #[inline(never)]
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        text(self.out, name);
        self.out.push(b':');
        self.out
    }

    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        text(self.name(name), value);
    }

    /// A number; `null` if it is not finite.
    pub(crate) fn float(&mut self, name: &str, value: f64) {
        // Writing to memory cannot fail, here and below.
        serde_json::to_writer(self.name(name), &value).unwrap_or_default();
    }

    /// A value that is JSON once formatted, such as an integer.
    #[inline(never)]
    pub(crate) fn raw(&mut self, name: &str, value: Arguments<'_>) {
        Raw(self.name(name)).write_fmt(value).unwrap_or_default();
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

/// Writes a string, with its quotes.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).unwrap_or_default();
}

struct Raw<'a>(&'a mut Vec<u8>);

impl Write for Raw<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_behind_each_other() {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.text("a\"", "1\n");
        object.float("b", 1e300);
        object.raw("c", format_args!("{}", 7));
        Object::open(object.name("d")).close();
        object.close();
        assert_eq!(out, br#"{"a\"":"1\n","b":1e+300,"c":7,"d":{}}"#);
    }
}
