//! Attributes: names with typed values.

use super::super::protobuf::Writer;

// Fields of an attribute, and of its value.
const KEY: u32 = 1;
const VALUE: u32 = 2;
const ANY_TEXT: u32 = 1;
const ANY_FLAG: u32 = 2;
const ANY_INTEGER: u32 = 3;
const ANY_DOUBLE: u32 = 4;

pub(super) fn text(message: &mut Writer, field: u32, name: &str, value: &str) {
    // An empty value is written, too.
    attribute(message, field, name, |any| {
        any.bytes(ANY_TEXT, value.as_bytes())
    });
}

/// A whole number that is stored as text.
pub(super) fn number(message: &mut Writer, field: u32, name: &str, value: &str) {
    match value.parse::<u32>() {
        Ok(number) => attribute(message, field, name, |any| {
            any.number(ANY_INTEGER, number.into());
        }),
        Err(_) => text(message, field, name, value),
    }
}

pub(super) fn double(message: &mut Writer, field: u32, name: &str, value: f64) {
    attribute(message, field, name, |any| any.double(ANY_DOUBLE, value));
}

pub(super) fn flag(message: &mut Writer, field: u32, name: &str, value: bool) {
    attribute(message, field, name, |any| {
        any.number(ANY_FLAG, value.into())
    });
}

fn attribute(message: &mut Writer, field: u32, name: &str, value: impl FnOnce(&mut Writer)) {
    message.message(field, |pair| {
        pair.text(KEY, name);
        pair.message(VALUE, value);
    });
}
