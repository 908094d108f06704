//! What stands in lists and objects, as far as it matters.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};

use super::probe::{Found, Miss, Probe};
use super::word::Word;
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
            STATUS_CODE => self.facts.status = Word::of(value).and_then(|word| word.status_code()),
            STATUS => {
                let known = ["SUCCEEDED", "FAILED", "PENDING"];
                self.facts.execution = Word::of(value).and_then(|word| word.find(&known));
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
        let known = [STATUS_CODE, STATUS, FAILURES, POLICY, SIMPLE];
        self.wanted = Word::of(key).and_then(|word| word.find(&known));
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
