//! An event to send to a function.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::environment::{ACCOUNT, REGION};
use super::lambda::Lambda;
use super::outcome::{Outcome, Payload};
use super::sandbox::{Delivery, Reading};
use crate::span::id;

/// An invocation that is not sent yet, created by [`Lambda::invocation`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens until it is sent"]
pub struct Invocation {
    lambda: Lambda,
    body: Vec<u8>,
    request_id: String,
    headers: Vec<(&'static str, String)>,
    deadline: Duration,
    reading: Reading,
}

impl Invocation {
    pub(super) fn new(lambda: Lambda) -> Self {
        let name = lambda.function_name();
        let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
        Self {
            lambda,
            body: b"{}".to_vec(),
            request_id: request_id(),
            headers: vec![
                ("lambda-runtime-trace-id", xray_header()),
                ("lambda-runtime-invoked-function-arn", arn),
            ],
            deadline: Duration::from_secs(60),
            reading: Reading::default(),
        }
    }

    /// Sets the event, as JSON. Defaults to `{}`.
    ///
    /// # Panics
    ///
    /// Panics if `event` cannot be serialised.
    #[track_caller]
    pub fn event(mut self, event: impl Serialize) -> Self {
        self.body = serde_json::to_vec(&event).expect("an event that can be JSON");
        self
    }

    /// Sets the event to these bytes, which need not be JSON.
    pub fn bytes(mut self, event: impl Into<Vec<u8>>) -> Self {
        self.body = event.into();
        self
    }

    /// Sets the request id. Defaults to a new one.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Sets the X-Ray trace header, or none if `header` is empty. Defaults to a new trace that is not sampled.
    pub fn trace_header(self, header: impl Into<String>) -> Self {
        self.header("lambda-runtime-trace-id", header.into())
    }

    /// Sets the client context, as JSON. There is none by default.
    ///
    /// # Panics
    ///
    /// Panics if `context` cannot be serialised.
    #[track_caller]
    pub fn client_context(self, context: impl Serialize) -> Self {
        let context = serde_json::to_string(&context).expect("a client context that can be JSON");
        self.header("lambda-runtime-client-context", ascii(&context))
    }

    /// Sets the time that the function has, after which it is ended. Defaults to one minute.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the ARN by which the function is invoked. Defaults to the function's ARN without a qualifier.
    pub fn arn(self, arn: impl Into<String>) -> Self {
        self.header("lambda-runtime-invoked-function-arn", arn.into())
    }

    /// Acknowledges the response as soon as it begins, while the function still sends it.
    ///
    /// By default, it is acknowledged once it is complete.
    pub fn acknowledge_early(mut self) -> Self {
        self.reading.acknowledges_early = true;
        self
    }

    /// Closes the connection after this number of bytes of the response. The outcome contains only those.
    ///
    /// By default, the response is read completely.
    pub fn hang_up_after(mut self, bytes: usize) -> Self {
        self.reading.limit = Some(bytes);
        self
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value));
        }
        self
    }

    /// Sends the event and waits for the response, like [`Lambda::invoke`].
    pub async fn send(self) -> Outcome {
        let Self {
            lambda,
            body,
            request_id,
            mut headers,
            deadline,
            reading,
        } = self;
        let end = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + deadline;
        headers.push(("lambda-runtime-deadline-ms", end.as_millis().to_string()));
        let sandbox = lambda.sandbox();
        sandbox.deliver(Delivery {
            request_id: request_id.clone(),
            body,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            reading,
        });
        let id = request_id.clone();
        let end = sandbox.wait(deadline, move |state| match state.answers.get(&id) {
            Some(answer) => Some(Payload::answered(answer)),
            None => state.exit.map(|code| Payload::exited(&id, code)),
        });
        let payload = match end.await {
            Some(payload) => payload,
            None => {
                sandbox.time_out(&request_id);
                lambda.end();
                Payload::timed_out(&request_id, deadline)
            }
        };
        Outcome::new(lambda, request_id, payload)
    }
}

/// A UUID, version 4.
pub(super) fn request_id() -> String {
    let (high, low) = (id::span_id(), id::span_id());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high as u32,
        (high >> 32) as u16,
        high >> 48 & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff,
    )
}

fn xray_header() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "Root=1-{:08x}-{:08x}{:016x};Parent={:016x};Sampled=0",
        now.as_secs(),
        id::span_id() as u32,
        id::span_id(),
        id::span_id(),
    )
}

/// JSON with non-ASCII characters escaped, for a header.
fn ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character.is_ascii() {
            true => escaped.push(character),
            false => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    escaped += &format!("\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}
