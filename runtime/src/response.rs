//! What a response tells the spans, read without serialising it a second time.
//!
//! [`Probe`] is a serializer that keeps the `statusCode` of an object's top level and passes over everything else
//! without looking into it.

use std::fmt::{self, Display, Write};

use lambda_runtime::FunctionResponse;
use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::invocation::ResponseFacts;

/// The facts of a handler's response.
pub(crate) fn facts<B: Serialize, S>(response: &FunctionResponse<B, S>) -> ResponseFacts {
    let status = match response {
        FunctionResponse::BufferedResponse(body) => status(body),
        FunctionResponse::StreamingResponse(stream) => {
            Some(stream.metadata_prelude.status_code.as_str().to_owned())
        }
    };
    ResponseFacts { seen: true, status }
}

/// The `statusCode` of an object, as text; `None` if there is none or it is null.
fn status<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    value.serialize(Probe).ok().flatten()
}

/// There is nothing to be found here.
#[derive(Debug)]
struct Nothing;

impl Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no object with a status code")
    }
}

impl std::error::Error for Nothing {}

impl ser::Error for Nothing {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// Finds the status code of an object.
struct Probe;

/// Finds nothing in every kind of value that is listed.
macro_rules! nothing {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<Self::Ok, Nothing> {
            Err(Nothing)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Option<String>;
    type Error = Nothing;
    type SerializeSeq = Impossible<Self::Ok, Nothing>;
    type SerializeTuple = Impossible<Self::Ok, Nothing>;
    type SerializeTupleStruct = Impossible<Self::Ok, Nothing>;
    type SerializeTupleVariant = Impossible<Self::Ok, Nothing>;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Impossible<Self::Ok, Nothing>;

    nothing! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_none(self) -> Result<Self::Ok, Nothing> {
        Err(Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Nothing> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, Nothing> {
        Err(Nothing)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Self::Ok, Nothing> {
        Err(Nothing)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Nothing> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Nothing> {
        Err(Nothing)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Nothing> {
        Err(Nothing)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Nothing> {
        Err(Nothing)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Nothing> {
        Err(Nothing)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Nothing> {
        Err(Nothing)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, Nothing> {
        Ok(Members::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, Nothing> {
        Ok(Members::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Nothing> {
        Err(Nothing)
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

impl Members {
    fn look(&mut self, value: &(impl Serialize + ?Sized)) {
        self.status = text(value);
    }
}

impl SerializeMap for Members {
    type Ok = Option<String>;
    type Error = Nothing;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Nothing> {
        self.wanted = is_status_code(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Nothing> {
        if self.wanted {
            self.look(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Nothing> {
        Ok(self.status)
    }
}

impl SerializeStruct for Members {
    type Ok = Option<String>;
    type Error = Nothing;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Nothing> {
        if key == STATUS_CODE {
            self.look(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Nothing> {
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

fn text<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", Plain(value)).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::{json, Value};

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        body: Unreadable,
        status_code: u16,
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
        assert_eq!(status(&response).as_deref(), Some("404"));
        assert_eq!(status(&Some(&response)).as_deref(), Some("404"));
        assert_eq!(
            status(&json!({"a": {"statusCode": 1}, "statusCode": 503})).as_deref(),
            Some("503")
        );
        assert_eq!(
            status(&json!({"statusCode": "201"})).as_deref(),
            Some("201")
        );
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
            assert_eq!(status(value), None, "{value}");
        }
    }
}
