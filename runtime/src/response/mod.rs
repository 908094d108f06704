//! What a response tells the spans.

mod members;
mod probe;
#[cfg(test)]
mod tests;

use lambda_runtime::FunctionResponse;
use serde::Serialize;

use crate::invocation::ResponseFacts;

/// The facts of a handler's response; with its text, if that is to be captured. A stream is not read.
pub(crate) fn facts<B: Serialize, S>(
    response: &FunctionResponse<B, S>,
    capture: bool,
) -> ResponseFacts {
    match response {
        FunctionResponse::BufferedResponse(body) => {
            let mut facts = probe::facts(body);
            if capture {
                facts.json = serde_json::to_vec(body).ok().map(Vec::into_boxed_slice);
            }
            facts
        }
        FunctionResponse::StreamingResponse(stream) => ResponseFacts {
            seen: true,
            status: Some(stream.metadata_prelude.status_code.as_str().to_owned()),
            ..ResponseFacts::default()
        },
    }
}
