//! What a response tells the spans.

mod members;
mod probe;
#[cfg(test)]
mod tests;
mod word;

use http::StatusCode;
use serde::Serialize;

use crate::invocation::ResponseFacts;

/// The facts of a handler's response; with its text, if that is to be captured.
pub(crate) fn facts(body: &impl Serialize, capture: bool) -> ResponseFacts {
    let mut facts = probe::facts(body);
    if capture {
        facts.json = serde_json::to_vec(body).ok().map(Vec::into_boxed_slice);
    }
    facts
}

/// The facts of a response that is a stream, which is not read.
pub(crate) fn facts_of_stream(status: StatusCode) -> ResponseFacts {
    ResponseFacts {
        seen: true,
        status: Some(status.as_str().to_owned()),
        ..ResponseFacts::default()
    }
}
