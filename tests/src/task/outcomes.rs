//! How a function can end.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use lambda_runtime::Diagnostic;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::Value;

/// What the function responds with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// Any JSON.
    Value(Value),
    /// A struct, as API Gateway wants it.
    Typed(Typed),
    /// A struct, as SQS and the streams want it.
    Failures(Failures),
    /// JSON as it is written.
    Raw(Box<RawValue>),
    /// A list that is produced when it is serialised.
    Once(Once),
    /// The same in a struct.
    FailuresOnce {
        /// The records of a batch that are to come again.
        #[serde(rename = "batchItemFailures")]
        failures: Once,
    },
    /// Something that serde_json cannot write.
    Unserialisable(BTreeMap<(u8, u8), u8>),
    /// Something whose own code fails.
    Panicking {
        /// Where it does so.
        body: Panics,
    },
}

/// Numbers that are there for whoever serialises them first.
#[derive(Debug)]
pub struct Once(Cell<Option<u32>>);

impl Serialize for Once {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(0..self.0.take().unwrap_or_default())
    }
}

/// What panics with this text when it is serialised.
#[derive(Clone, Debug)]
pub struct Panics(String);

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("{}", self.0)
    }
}

/// A response of HTTP.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Typed {
    status_code: u16,
    body: &'static str,
}

/// The records of a batch that are to come again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    batch_item_failures: Vec<Failure>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl Response {
    pub(super) fn typed(status_code: u16) -> Self {
        let body = "typed";
        Self::Typed(Typed { status_code, body })
    }

    pub(super) fn failures(count: usize) -> Self {
        let failure = |at: usize| Failure {
            item_identifier: at.to_string(),
        };
        Self::Failures(Failures {
            batch_item_failures: (0..count).map(failure).collect(),
        })
    }

    pub(super) fn once(count: u32) -> Self {
        Self::Once(Once(Cell::new(Some(count))))
    }

    pub(super) fn failures_once(count: u32) -> Self {
        Self::FailuresOnce {
            failures: Once(Cell::new(Some(count))),
        }
    }

    pub(super) fn panicking(message: String) -> Self {
        Self::Panicking {
            body: Panics(message),
        }
    }

    pub(super) fn unserialisable() -> Self {
        Self::Unserialisable(BTreeMap::from([((1, 2), 3)]))
    }
}

impl From<Value> for Response {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// What cannot be dropped.
pub(super) struct PanicsInDrop(pub(super) String);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// An error that says itself what the Runtime API is told of it.
#[derive(Debug)]
pub struct Declined {
    /// The reason.
    pub code: u8,
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the card was declined with code {}", self.code)
    }
}

impl std::error::Error for Declined {}

impl From<Declined> for Diagnostic {
    fn from(declined: Declined) -> Self {
        Self {
            error_type: "CardDeclined".to_owned(),
            error_message: declined.to_string(),
        }
    }
}
