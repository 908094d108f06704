//! A response that is inspected while the runtime serializes it.

use std::sync::Arc;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::to_raw_value;

use super::facts;
use crate::authorizer::Trace;
use crate::config::Config;
use crate::invocation::{Invocation, Outcome};
use crate::panic::watched;

/// The body of a response. Serializing it notes the outcome on the invocation.
///
/// A body may support being serialized only once, such as an iterator, so this is the only time.
pub(crate) struct Answer<B> {
    body: B,
    /// `None` if neither a trace nor metrics need the outcome.
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
        // This runs user code; if it fails, the runtime reports the error.
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
