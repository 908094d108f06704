//! Extracts from a response what the spans report.

mod answer;
#[cfg(test)]
mod tests;

use http::StatusCode;

use crate::invocation::ResponseFacts;
use crate::json::Json;

pub(crate) use answer::Answer;

/// The most members inspected: a response with facts for the spans has a handful.
const MOST: usize = 64;
/// Longer texts are not status codes.
const LONGEST_STATUS: usize = 16;
/// The states of a durable execution.
const STATES: [&str; 3] = ["SUCCEEDED", "FAILED", "PENDING"];

/// The facts of a handler's response, from its text.
fn facts(text: &str) -> ResponseFacts {
    let mut facts = ResponseFacts {
        seen: true,
        ..ResponseFacts::default()
    };
    for (name, value) in Json::new(text.as_bytes()).entries().take(MOST) {
        match name.raw() {
            // The HTTP status code.
            b"statusCode" => facts.status = status_code(value),
            // The status of a durable execution.
            b"Status" => {
                let state = value.as_str();
                let mut known = STATES.into_iter();
                facts.execution = known.find(|known| state.as_deref() == Some(known));
            }
            // The failed records of a batch.
            b"batchItemFailures" if value.is_array() => {
                facts.batch_failures = u32::try_from(value.elements().count()).ok();
            }
            // The response of an API's Lambda authorizer, in its full and its simple form.
            b"policyDocument" | b"isAuthorized" => facts.authorizes = true,
            _ => {}
        }
    }
    facts
}

/// A number or a text.
fn status_code(value: Json<'_>) -> Option<String> {
    let text = value.as_text().map(String::from);
    let text = text.or_else(|| Some(value.as_f64()?.to_string()));
    text.filter(|text| (1..=LONGEST_STATUS).contains(&text.len()))
}

/// The facts of a streamed response, which is not read.
pub(crate) fn facts_of_stream(status: StatusCode) -> ResponseFacts {
    ResponseFacts {
        seen: true,
        status: Some(status.as_str().to_owned()),
        ..ResponseFacts::default()
    }
}
