//! A short text or number, such as a status code, whatever it is in Rust.

use std::fmt::{self, Display, Write};

use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};

/// A simple value as it prints, if that is not longer than the longest text that matters.
#[derive(Default)]
pub(super) struct Word {
    bytes: [u8; "batchItemFailures".len()],
    length: usize,
}

impl Word {
    /// `None` for lists, objects and nothing at all, and for what is too long.
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Option<Self> {
        let mut word = Self::default();
        value.serialize(Printer(&mut word)).ok()?;
        Some(word)
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Which of some texts this is.
    pub(super) fn find(&self, known: &[&'static str]) -> Option<&'static str> {
        let mut known = known.iter().copied();
        known.find(|known| self.as_bytes() == known.as_bytes())
    }

    /// The text, if it may be a status code.
    pub(super) fn status_code(&self) -> Option<String> {
        let text = std::str::from_utf8(self.as_bytes()).ok()?;
        Some(text.to_owned()).filter(|text| !matches!(text.as_str(), "true" | "false" | ""))
    }
}

impl Write for Word {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Prints a value into a word.
struct Printer<'a>(&'a mut Word);

/// What `serde_json::Number` calls itself, and the one member that it has then, where any crate of the program turns on
/// the feature `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

impl Printer<'_> {
    #[inline(never)]
    fn print(self, value: &dyn Display) -> fmt::Result {
        write!(self.0, "{value}")
    }
}

macro_rules! prints {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> fmt::Result {
            self.print(&value)
        })*
    };
}

impl Serializer for Printer<'_> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Impossible<(), fmt::Error>;
    type SerializeTuple = Impossible<(), fmt::Error>;
    type SerializeTupleStruct = Impossible<(), fmt::Error>;
    type SerializeTupleVariant = Impossible<(), fmt::Error>;
    type SerializeMap = Impossible<(), fmt::Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), fmt::Error>;

    prints! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_unit_struct: &'static str,
    }

    fn serialize_str(self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.0.write_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self, fmt::Error> {
        match name {
            NUMBER => Ok(self),
            _ => Err(fmt::Error),
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_none(self) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_unit(self) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, fmt::Error> {
        Err(fmt::Error)
    }
}

impl SerializeStruct for Printer<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> fmt::Result {
        value.serialize(Printer(self.0))
    }

    fn end(self) -> fmt::Result {
        Ok(())
    }
}
