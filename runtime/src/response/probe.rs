//! A response read without serialising it a second time.
//!
//! [`Probe`] is a serializer that looks at three members of an object's top level, and passes over everything else
//! without looking into it.

use std::fmt::{self, Display, Write};

use serde::ser::{
    self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
    Serializer,
};
use serde_json::Value;

use crate::invocation::ResponseFacts;

/// The facts of a response.
pub(super) fn facts<T: Serialize + ?Sized>(response: &T) -> ResponseFacts {
    match response.serialize(Probe) {
        Ok(Found::Object(facts)) => facts,
        Ok(Found::List(_)) | Err(Miss::NoObject) => ResponseFacts {
            seen: true,
            ..ResponseFacts::default()
        },
        Err(Miss::Unreadable) => ResponseFacts::default(),
    }
}

/// What a value is, as far as it matters.
#[derive(Debug)]
enum Found {
    Object(ResponseFacts),
    /// With the number of its items.
    List(usize),
}

/// Why nothing was found.
#[derive(Debug, PartialEq)]
enum Miss {
    /// The value is neither an object nor a list.
    NoObject,
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
        Ok(Items(0))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Miss> {
        Ok(Items(0))
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

/// The items of a list, counted.
struct Items(usize);

impl SerializeSeq for Items {
    type Ok = Found;
    type Error = Miss;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Miss> {
        self.0 += 1;
        Ok(())
    }

    fn end(self) -> Result<Found, Miss> {
        Ok(Found::List(self.0))
    }
}

impl SerializeTuple for Items {
    type Ok = Found;
    type Error = Miss;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Miss> {
        SerializeSeq::serialize_element(self, item)
    }

    fn end(self) -> Result<Found, Miss> {
        SerializeSeq::end(self)
    }
}

/// The members of an object, of which some matter.
#[derive(Default)]
struct Members {
    facts: ResponseFacts,
    /// The key that was just seen, if it is one of those.
    wanted: Option<&'static str>,
}

/// The status code of HTTP.
const STATUS_CODE: &str = "statusCode";
/// The status of a durable execution.
const STATUS: &str = "Status";
/// The records of a batch that are to come again.
const FAILURES: &str = "batchItemFailures";
/// What `serde_json::value::RawValue` calls itself.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl Members {
    fn look(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        match key {
            STATUS_CODE => self.facts.status = text(value),
            STATUS => {
                let known = ["SUCCEEDED", "FAILED", "PENDING"];
                self.facts.execution = known.into_iter().find(|known| is(value, known));
            }
            FAILURES => {
                if let Ok(Found::List(items)) = value.serialize(Probe) {
                    self.facts.batch_failures = Some(items);
                }
            }
            _ => {}
        }
    }

    fn found(mut self) -> Result<Found, Miss> {
        self.facts.seen = true;
        Ok(Found::Object(self.facts))
    }
}

impl SerializeMap for Members {
    type Ok = Found;
    type Error = Miss;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Miss> {
        let wanted = [STATUS_CODE, STATUS, FAILURES];
        self.wanted = wanted.into_iter().find(|wanted| is(key, wanted));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Miss> {
        if let Some(key) = self.wanted {
            self.look(key, value);
        }
        Ok(())
    }

    fn end(self) -> Result<Found, Miss> {
        self.found()
    }
}

impl SerializeStruct for Members {
    type Ok = Found;
    type Error = Miss;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Miss> {
        self.look(key, value);
        Ok(())
    }

    fn end(self) -> Result<Found, Miss> {
        self.found()
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

/// Whether a value is this text.
fn is<T: Serialize + ?Sized>(value: &T, text: &'static str) -> bool {
    let mut rest = Expected(text);
    write!(rest, "{}", Plain(value)).is_ok() && rest.0.is_empty()
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
    use std::collections::HashMap;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        body: Unreadable,
        status_code: u16,
    }

    fn found<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        facts(value).status
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

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct BatchResponse {
        batch_item_failures: Vec<Unreadable>,
    }

    #[test]
    fn failures_of_a_batch_are_counted() {
        let failures =
            |count: usize| -> Vec<Unreadable> { (0..count).map(|_| Unreadable).collect() };
        for count in [0, 3] {
            let response = BatchResponse {
                batch_item_failures: failures(count),
            };
            assert_eq!(facts(&response).batch_failures, Some(count));
            let map = HashMap::from([("batchItemFailures", failures(count))]);
            assert_eq!(facts(&map).batch_failures, Some(count));
        }
        let ids = [json!({"itemIdentifier": "1"}), json!(2)];
        let response = json!({"other": [], "batchItemFailures": ids});
        assert_eq!(facts(&response).batch_failures, Some(2));
        for odd in [
            json!({"batchItemFailures": null}),
            json!({"batchItemFailures": {"a": 1}}),
            json!([1, 2]),
        ] {
            assert_eq!(facts(&odd).batch_failures, None, "{odd}");
        }
    }

    #[derive(Serialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Status {
        Pending,
        Unheard,
    }

    #[test]
    fn a_durable_execution_has_one_of_three_states() {
        for (response, known) in [
            (
                json!({"Status": "SUCCEEDED", "Result": "{}"}),
                Some("SUCCEEDED"),
            ),
            (json!({"Error": {}, "Status": "FAILED"}), Some("FAILED")),
            (json!({"Status": Status::Pending}), Some("PENDING")),
            (json!({"Status": Status::Unheard}), None),
            (json!({"Status": "succeeded"}), None),
            (json!({"Status": 7}), None),
            (json!({"Status": {"a": "FAILED"}}), None),
            (json!({"status": "FAILED"}), None),
            (json!("FAILED"), None),
        ] {
            assert_eq!(facts(&response).execution, known, "{response}");
        }
    }
}
