//! What a response tells the spans, read without serialising it a second time.
//!
//! [`Probe`] is a serializer that keeps the `statusCode` of an object's top level and passes over everything else
//! without looking into it.

use std::fmt::{self, Display, Write};

use lambda_runtime::FunctionResponse;
use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::Value;

use crate::invocation::ResponseFacts;

/// The facts of a handler's response.
pub(crate) fn facts<B: Serialize, S>(response: &FunctionResponse<B, S>) -> ResponseFacts {
    let status = match response {
        FunctionResponse::BufferedResponse(body) => match body.serialize(Probe) {
            Ok(status) => status,
            Err(Miss::NoObject) => None,
            Err(Miss::Unreadable) => return ResponseFacts::default(),
        },
        FunctionResponse::StreamingResponse(stream) => {
            Some(stream.metadata_prelude.status_code.as_str().to_owned())
        }
    };
    ResponseFacts { seen: true, status }
}

/// Why there is no status code.
#[derive(Debug, PartialEq)]
enum Miss {
    /// The response is no object.
    NoObject,
    /// The response is text that serde_json passes on as it is, or does not serialise.
    Unreadable,
}

impl Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no object with a status code")
    }
}

impl std::error::Error for Miss {}

impl ser::Error for Miss {
    fn custom<T: Display>(_: T) -> Self {
        Self::Unreadable
    }
}

/// Finds the status code of an object.
struct Probe;

/// Finds nothing in every kind of value that is listed.
macro_rules! nothing {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<Self::Ok, Miss> {
            Err(Miss::NoObject)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Option<String>;
    type Error = Miss;
    type SerializeSeq = Impossible<Self::Ok, Miss>;
    type SerializeTuple = Impossible<Self::Ok, Miss>;
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

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Miss> {
        Err(Miss::NoObject)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Miss> {
        Err(Miss::NoObject)
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

/// The members of an object, of which one matters.
#[derive(Default)]
struct Members {
    status: Option<String>,
    /// Whether the key that was just seen is the one.
    wanted: bool,
}

const STATUS_CODE: &str = "statusCode";
/// What `serde_json::value::RawValue` calls itself.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl Members {
    fn look(&mut self, value: &(impl Serialize + ?Sized)) {
        self.status = text(value);
    }
}

impl SerializeMap for Members {
    type Ok = Option<String>;
    type Error = Miss;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Miss> {
        self.wanted = is_status_code(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Miss> {
        if self.wanted {
            self.look(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Miss> {
        Ok(self.status)
    }
}

impl SerializeStruct for Members {
    type Ok = Option<String>;
    type Error = Miss;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Miss> {
        if key == STATUS_CODE {
            self.look(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Miss> {
        Ok(self.status)
    }
}

/// A simple value as it prints: serde's own serializer into a formatter, which refuses everything else.
struct Plain<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Display for Plain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// Takes in text as long as it is this one.
struct Expected(&'static str);

impl Write for Expected {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

fn is_status_code<T: Serialize + ?Sized>(key: &T) -> bool {
    let mut rest = Expected(STATUS_CODE);
    write!(rest, "{}", Plain(key)).is_ok() && rest.0.is_empty()
}

/// A status code as text, however it is represented; `None` if it is none.
fn text<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    match serde_json::to_value(value).ok()? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::json;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        body: Unreadable,
        status_code: u16,
    }

    fn found<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        value.serialize(Probe).ok().flatten()
    }

    /// Looking into it would fail the test.
    struct Unreadable;

    impl Serialize for Unreadable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("the probe must not look into a response")
        }
    }

    #[test]
    fn finds_the_status_of_structs_and_maps() {
        let response = Response {
            body: Unreadable,
            status_code: 404,
        };
        assert_eq!(found(&response).as_deref(), Some("404"));
        assert_eq!(found(&Some(&response)).as_deref(), Some("404"));
        assert_eq!(
            found(&json!({"a": {"statusCode": 1}, "statusCode": 503})).as_deref(),
            Some("503")
        );
        assert_eq!(found(&json!({"statusCode": "201"})).as_deref(), Some("201"));
    }

    #[test]
    fn everything_else_has_none() {
        let without: [Value; 8] = [
            json!(null),
            json!("statusCode"),
            json!(502),
            json!([{"statusCode": 1}]),
            json!({}),
            json!({"statusCode": null}),
            json!({"statusCode": {"code": 1}}),
            json!({"statusCodes": 1, "status": 2}),
        ];
        for value in &without {
            assert_eq!(found(value), None, "{value}");
        }
    }
}
