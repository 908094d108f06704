//! What stands in lists and objects, as far as it matters.

use std::fmt::{self, Display, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};
use serde_json::Value;

use super::probe::{Found, Miss, Probe};
use crate::invocation::ResponseFacts;

/// The items of a list, counted.
#[derive(Default)]
pub(super) struct Items(u32);

impl SerializeSeq for Items {
    type Ok = Found;
    type Error = Miss;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Miss> {
        self.0 = self.0.saturating_add(1);
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
pub(super) struct Members {
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
