//! The result of an invocation.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::lambda::Lambda;
use super::sandbox::{Answer, State};
use super::trace::Trace;
use super::LIMIT;

/// The result of an invocation: the function's response, and afterwards its trace and its log.
#[derive(Clone, Debug)]
pub struct Outcome {
    lambda: Lambda,
    request_id: String,
    payload: Payload,
}

/// The error that the function reported, or the Lambda service if the function did not respond.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct FunctionError {
    /// The error type. `Runtime.ExitError` if the function ended, `Sandbox.Timedout` after the deadline.
    pub error_type: String,
    /// The error message.
    #[serde(rename = "errorMessage")]
    pub message: String,
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for FunctionError {}

/// The parsed body of the response.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    body: Vec<u8>,
    json: Option<Value>,
    prelude: Option<Value>,
    error: Option<FunctionError>,
}

impl Payload {
    pub(super) fn answered(answer: &Answer) -> Self {
        let (content_type, body) = match answer {
            Answer::Response {
                content_type, body, ..
            } => (content_type, body),
            Answer::Error(body) => {
                let error = serde_json::from_slice(body).unwrap_or_else(|_| FunctionError {
                    error_type: "Unhandled".to_owned(),
                    message: String::from_utf8_lossy(body).into_owned(),
                });
                return Self::failed(body.clone(), error);
            }
        };
        // The response of a streaming HTTP function: the prelude with status and headers, eight zero bytes, the body.
        let parts = body
            .windows(8)
            .position(|window| window == [0; 8])
            .filter(|_| content_type == "application/vnd.awslambda.http-integration-response")
            .map(|end| (&body[..end], &body[end + 8..]));
        let (prelude, body) = match parts {
            Some((prelude, body)) => (serde_json::from_slice(prelude).ok(), body),
            None => (None, body.as_slice()),
        };
        Self {
            body: body.to_vec(),
            json: serde_json::from_slice(body).ok(),
            prelude,
            error: None,
        }
    }

    pub(super) fn exited(request_id: &str, code: Option<i32>) -> Self {
        let how = match code {
            Some(0) => "Runtime exited without providing a reason".to_owned(),
            Some(code) => format!("Runtime exited with error: exit status {code}"),
            None => "Runtime exited with error: signal".to_owned(),
        };
        Self::reported(
            "Runtime.ExitError",
            format!("RequestId: {request_id} Error: {how}"),
        )
    }

    pub(super) fn timed_out(request_id: &str, deadline: Duration) -> Self {
        let seconds = deadline.as_secs_f64();
        let message =
            format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::reported("Sandbox.Timedout", message)
    }

    fn reported(error_type: &str, message: String) -> Self {
        let json = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        let error_type = error_type.to_owned();
        Self::failed(
            json.to_string().into_bytes(),
            FunctionError {
                error_type,
                message,
            },
        )
    }

    fn failed(body: Vec<u8>, error: FunctionError) -> Self {
        Self {
            json: serde_json::from_slice(&body).ok(),
            body,
            prelude: None,
            error: Some(error),
        }
    }
}

impl Outcome {
    pub(super) fn new(lambda: Lambda, request_id: String, payload: Payload) -> Self {
        Self {
            lambda,
            request_id,
            payload,
        }
    }

    /// Returns the response.
    ///
    /// # Panics
    ///
    /// Panics if the function failed, or if the response is not JSON.
    #[track_caller]
    pub fn response(&self) -> &Value {
        if let Some(error) = self.error() {
            panic!("the function failed: {error}");
        }
        match &self.payload.json {
            Some(json) => json,
            None => panic!(
                "the response is not JSON: {}",
                String::from_utf8_lossy(self.body())
            ),
        }
    }

    /// Returns the body of the response or of the error. For a streamed HTTP response, this is what follows the prelude.
    pub fn body(&self) -> &[u8] {
        &self.payload.body
    }

    /// Returns the prelude of a streamed HTTP response, which has its status and headers.
    pub fn prelude(&self) -> Option<&Value> {
        self.payload.prelude.as_ref()
    }

    /// Returns the error, if the function failed.
    pub fn error(&self) -> Option<&FunctionError> {
        self.payload.error.as_ref()
    }

    /// Returns whether the function responded without an error.
    pub fn is_ok(&self) -> bool {
        self.payload.error.is_none()
    }

    /// Returns the request id of the invocation.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Waits until the function is done with the invocation, and returns its trace.
    ///
    /// The trace contains the spans that were sent with the invocation's `aws.lambda` span, and all related spans of the
    /// same trace that have arrived by then. If the function is still busy after 20 seconds, it contains the spans
    /// received so far.
    ///
    /// # Panics
    ///
    /// Panics if no `aws.lambda` span with this request id arrives within 20 seconds. The message says what happened
    /// instead.
    #[track_caller]
    pub fn trace(&self) -> impl Future<Output = Trace> + Send + 'static {
        let caller = std::panic::Location::caller();
        let outcome = self.clone();
        async move {
            let id = outcome.request_id.clone();
            let trace = move |state: &State| Trace::of_request(&state.chunks, &id);
            let first = trace.clone();
            if outcome.wait(first).await.is_none() {
                panic!(
                    "{caller}: no trace for the invocation\n\n{}",
                    outcome.history()
                );
            }
            // A function that is stuck is never done; then return the spans received so far.
            let id = outcome.request_id.clone();
            outcome.wait(move |state| state.done(&id)).await;
            outcome.lambda.sandbox().look(trace).unwrap_or_default()
        }
    }

    /// Waits until the function is done with the invocation, and returns the lines it has written meanwhile.
    ///
    /// These are the lines of standard output and error. There are none for a function in this process.
    ///
    /// # Panics
    ///
    /// Panics if the function is still busy after 20 seconds.
    #[track_caller]
    pub fn logs(&self) -> impl Future<Output = Vec<String>> + Send + 'static {
        let done = self.next_requested();
        let outcome = self.clone();
        async move {
            done.await;
            outcome.lambda.sandbox().look(|state| {
                let begin = state.sent(&outcome.request_id).unwrap_or(usize::MAX);
                let end = state.done(&outcome.request_id).unwrap_or(usize::MAX);
                let within = state
                    .lines
                    .iter()
                    .filter(|(seq, _)| begin < *seq && *seq <= end);
                within.map(|(_, line)| line.clone()).collect()
            })
        }
    }

    /// Waits until the function is done with the invocation: until it requests the next event, or has ended.
    ///
    /// # Panics
    ///
    /// Panics if the function is still busy after 20 seconds.
    #[track_caller]
    pub fn next_requested(&self) -> impl Future<Output = ()> + Send + 'static {
        let caller = std::panic::Location::caller();
        let outcome = self.clone();
        async move {
            let id = outcome.request_id.clone();
            if outcome.wait(move |state| state.done(&id)).await.is_none() {
                panic!(
                    "{caller}: the function is not done\n\n{}",
                    outcome.history()
                );
            }
        }
    }

    async fn wait<T: Send + 'static>(
        &self,
        look: impl Fn(&State) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let found = self.lambda.sandbox().wait(LIMIT, look);
        found.await
    }

    /// The journal and the log, for the message of a failed assertion.
    fn history(&self) -> String {
        let journal: Vec<String> = self
            .lambda
            .journal()
            .iter()
            .map(ToString::to_string)
            .collect();
        format!(
            "{}\n\n{}",
            journal.join("\n"),
            self.lambda.logs().join("\n")
        )
    }
}
