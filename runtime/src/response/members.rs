//! What stands in lists and objects, as far as it matters.

use std::fmt::{self, Display, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};

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
    seen: u32,
}

/// More members are not looked at: a response with facts for the spans has a handful, and a large one is large enough
/// to serialise once.
const MOST: u32 = 64;

/// The status code of HTTP.
const STATUS_CODE: &str = "statusCode";
/// The status of a durable execution.
const STATUS: &str = "Status";
/// The records of a batch that are to come again.
const FAILURES: &str = "batchItemFailures";
/// What the authorizer of an API allows, and its short form.
const POLICY: &str = "policyDocument";
const SIMPLE: &str = "isAuthorized";

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
            POLICY | SIMPLE => self.facts.authorizes = true,
            _ => {}
        }
    }

    fn found(self) -> ResponseFacts {
        ResponseFacts {
            seen: true,
            ..self.facts
        }
    }

    /// Counts a member; an error, with what was found, ends the look.
    fn count(&mut self) -> Result<(), Miss> {
        self.seen += 1;
        if self.seen > MOST {
            return Err(Miss::Enough(Box::new(std::mem::take(self).found())));
        }
        Ok(())
    }
}

impl SerializeMap for Members {
    type Ok = Found;
    type Error = Miss;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Miss> {
        let mut word = Word::default();
        let is_text = write!(word, "{}", Plain(key)).is_ok();
        let wanted = [STATUS_CODE, STATUS, FAILURES, POLICY, SIMPLE].into_iter();
        self.wanted = wanted
            .filter(|_| is_text)
            .find(|wanted| word.as_bytes() == wanted.as_bytes());
        self.count()
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Miss> {
        if let Some(key) = self.wanted {
            self.look(key, value);
        }
        Ok(())
    }

    fn end(self) -> Result<Found, Miss> {
        Ok(Found::Object(self.found()))
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
        self.count()
    }

    fn end(self) -> Result<Found, Miss> {
        Ok(Found::Object(self.found()))
    }
}

/// A simple value as it prints: serde's own serializer into a formatter, which refuses everything else.
struct Plain<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Display for Plain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// Takes in text that is not longer than the longest word that matters.
#[derive(Default)]
struct Word {
    bytes: [u8; FAILURES.len()],
    length: usize,
}

impl Word {
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
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

/// Whether a value is this text.
fn is<T: Serialize + ?Sized>(value: &T, text: &str) -> bool {
    let mut word = Word::default();
    write!(word, "{}", Plain(value)).is_ok() && word.as_bytes() == text.as_bytes()
}

/// A status code as text, however it is represented; `None` if it is none.
fn text<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    let mut word = Word::default();
    write!(word, "{}", Plain(value)).ok()?;
    let text = std::str::from_utf8(word.as_bytes()).ok()?;
    Some(text.to_owned()).filter(|text| !matches!(text.as_str(), "true" | "false" | ""))
}
