//! A response on its way to the runtime, read as it goes by.

use std::sync::Arc;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::to_raw_value;

use super::facts;
use crate::authorizer::Trace;
use crate::config::Config;
use crate::invocation::{Invocation, Outcome};
use crate::panic::watched;

/// The body of a response. When the runtime serialises it, its invocation is told of it, and has ended.
///
/// That is the only time: a body may be one that can be serialised once, such as an iterator.
pub(crate) struct Answer<B> {
    body: B,
    /// `None` where nobody wants to know.
    invocation: Option<Arc<Invocation>>,
}

impl<B> Answer<B> {
    pub(crate) fn new(body: B, invocation: Option<Arc<Invocation>>) -> Self {
        Self { body, invocation }
    }
}

impl<B: Serialize> Serialize for Answer<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(invocation) = &self.invocation else {
            return self.body.serialize(serializer);
        };
        // The user's code; where it fails, the runtime hands the error on.
        let text = watched(Some(invocation), || to_raw_value(&self.body)).map_err(Error::custom)?;
        let mut facts = facts(text.get());
        if Config::get().capture_payload {
            facts.json = Some(text.get().as_bytes().into());
        }
        let authorizes = facts.authorizes;
        invocation.ended(Outcome::Success(facts));
        let trace = authorizes.then(|| Trace::of(invocation)).flatten();
        let changed = trace.and_then(|trace| trace.put_into(text.get()));
        changed.unwrap_or(text).serialize(serializer)
    }
}
