//! A response read without serialising it a second time.
//!
//! [`Probe`] is a serializer that looks at a few members of an object's top level, and passes over everything else
//! without looking into it.

use std::fmt::{self, Display};

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::members::{Items, Members};
use crate::invocation::ResponseFacts;

/// The facts of a response.
pub(super) fn facts<T: Serialize + ?Sized>(response: &T) -> ResponseFacts {
    match response.serialize(Probe) {
        Ok(Found::Object(facts)) => facts,
        Ok(Found::List(_)) | Err(Miss::NoObject) => ResponseFacts {
            seen: true,
            ..ResponseFacts::default()
        },
        Err(Miss::Enough(facts)) => *facts,
        Err(Miss::Unreadable) => ResponseFacts {
            authorizes: true,
            ..ResponseFacts::default()
        },
    }
}

/// What a value is, as far as it matters.
#[derive(Debug)]
pub(super) enum Found {
    Object(ResponseFacts),
    /// With the number of its items.
    List(u32),
}

/// Why nothing was found.
#[derive(Debug, PartialEq)]
pub(super) enum Miss {
    /// The value is neither an object nor a list.
    NoObject,
    /// What there is will do.
    Enough(Box<ResponseFacts>),
    /// The value is text that serde_json passes on as it is, or does not serialise.
    Unreadable,
}

impl Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an object nor a list")
    }
}

impl std::error::Error for Miss {}

impl ser::Error for Miss {
    fn custom<T: Display>(_: T) -> Self {
        Self::Unreadable
    }
}

/// Tells what a value is.
pub(super) struct Probe;

/// What `serde_json::value::RawValue` calls itself.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Finds nothing in every kind of value that is listed.
macro_rules! nothing {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<Self::Ok, Miss> {
            Err(Miss::NoObject)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Found;
    type Error = Miss;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Impossible<Self::Ok, Miss>;
    type SerializeTupleVariant = Impossible<Self::Ok, Miss>;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Impossible<Self::Ok, Miss>;

    nothing! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_none(self) -> Result<Self::Ok, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Miss> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Self::Ok, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Miss> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Miss> {
        Ok(Items::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Miss> {
        Ok(Items::default())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, Miss> {
        Ok(Members::default())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members, Miss> {
        if name == RAW_VALUE {
            return Err(Miss::Unreadable);
        }
        Ok(Members::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Miss> {
        Err(Miss::NoObject)
    }
}
