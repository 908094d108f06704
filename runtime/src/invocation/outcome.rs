//! How an invocation ended.

use std::any::Any;
use std::fmt::{Debug, Display};

use lambda_runtime::Diagnostic;

use crate::printed::printed;
use crate::span::{Span, Text};

/// How the handler ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Success(ResponseFacts),
    Failure(Failure),
}

/// What the spans report about a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseFacts {
    /// Whether the response was inspected; if not, its status is unknown.
    pub(crate) seen: bool,
    /// `statusCode` as text, if the response has one.
    pub(crate) status: Option<String>,
    /// `Status`, if it is a status of a durable execution.
    pub(crate) execution: Option<&'static str>,
    /// How many records of a batch the response reports as failed.
    pub(crate) batch_failures: Option<u32>,
    /// Whether it may be the response of a Lambda authorizer.
    pub(crate) authorizes: bool,
    /// The whole response, if it is to be captured.
    pub(crate) json: Option<Box<[u8]>>,
}

/// An error, a panic, or an event or response that could not be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Text,
    pub(crate) message: String,
    pub(crate) stack: String,
    /// The status code that the caller had already received.
    pub(crate) answered: Option<String>,
}

/// The status code of a synchronous invocation whose handler failed, which API Gateway sends.
const FAILED: &str = "502";
/// The error type of a timeout.
const IMPENDING_TIMEOUT: &str = "Impending Timeout";
/// The status code of a response that has none.
const OK: &str = "200";

impl Outcome {
    /// The HTTP status code that the caller sees, if it is known.
    pub(crate) fn status(&self) -> Option<&str> {
        match self {
            Self::Failure(failure) if failure.answered.is_some() => failure.answered.as_deref(),
            // The handler may still respond.
            Self::Failure(failure) if failure.kind == IMPENDING_TIMEOUT => None,
            Self::Failure(_) => Some(FAILED),
            Self::Success(facts) if facts.seen => Some(facts.status.as_deref().unwrap_or(OK)),
            Self::Success(_) => None,
        }
    }

    /// The status of a durable execution.
    pub(crate) fn execution(&self) -> Option<&'static str> {
        match self {
            Self::Success(facts) => facts.execution,
            Self::Failure(_) => None,
        }
    }

    /// Takes the number of batch records that the response reports as failed.
    pub(crate) fn take_batch_failures(&mut self) -> Option<u32> {
        match self {
            Self::Success(facts) => facts.batch_failures.take(),
            Self::Failure(_) => None,
        }
    }

    /// Takes the response, if it is captured.
    pub(crate) fn take_json(&mut self) -> Option<Box<[u8]>> {
        match self {
            Self::Success(facts) => facts.json.take(),
            Self::Failure(_) => None,
        }
    }

    pub(crate) fn is_server_error(&self) -> bool {
        self.status()
            .is_some_and(|status| status.len() == 3 && status.starts_with('5'))
    }
}

impl Failure {
    /// Describes a handler's error by its `Debug` form and its static type.
    pub(crate) fn of_error<E: Debug + ?Sized>(error: &E) -> Self {
        let debug = printed(format_args!("{error:?}"));
        Self {
            kind: kind(std::any::type_name::<E>(), &debug).into(),
            message: unquoted(&debug),
            stack: debug,
            answered: None,
        }
    }

    /// Describes an error that also has a `Display` form.
    pub(crate) fn of_shown<E: Debug + Display + ?Sized>(error: &E) -> Self {
        Self {
            message: printed(format_args!("{error}")),
            ..Self::of_error(error)
        }
    }

    /// Describes an error of which only `message` is known, which may be empty.
    pub(crate) fn of_type<E: ?Sized>(message: String) -> Self {
        Self {
            kind: kind(std::any::type_name::<E>(), "").into(),
            message,
            stack: String::new(),
            answered: None,
        }
    }

    /// Adopts what the error's conversion into the runtime's [`Diagnostic`] adds.
    pub(crate) fn refine(&mut self, diagnostic: &Diagnostic) {
        self.message.clone_from(&diagnostic.error_message);
        // The runtime's own conversions give the type name of a reference; nobody chose that name.
        if !diagnostic.error_type.starts_with('&') {
            self.kind = diagnostic.error_type.clone().into();
        }
    }

    /// Describes a panic by its payload and where it happened.
    pub(crate) fn of_panic(payload: &dyn Any, place: Option<String>) -> Self {
        let message = match (
            payload.downcast_ref::<&str>(),
            payload.downcast_ref::<String>(),
        ) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "the handler panicked with a value that is not text".to_owned(),
        };
        Self {
            kind: "panic".into(),
            stack: place.unwrap_or_else(|| message.clone()),
            message,
            answered: None,
        }
    }

    /// Describes an invocation that is about to run out of time.
    pub(crate) fn of_timeout() -> Self {
        Self {
            kind: IMPENDING_TIMEOUT.into(),
            message: "Datadog detected an Impending Timeout".to_owned(),
            stack: String::new(),
            answered: None,
        }
    }

    /// Describes a future, such as that of `the handler`, that was dropped before it completed.
    pub(crate) fn of_drop(what: &str) -> Self {
        Self {
            kind: "dropped".into(),
            message: format!("{what} was dropped before it ended"),
            stack: String::new(),
            answered: None,
        }
    }

    /// Writes the error tags of a span.
    pub(crate) fn mark(&self, span: &mut Span) {
        span.error = true;
        span.tags.keep("error.type", &self.kind);
        span.tags.keep("error.message", &self.message);
        if !self.stack.is_empty() {
            span.tags.keep("error.stack", &self.stack);
        }
    }
}

/// The type name of an error. Behind `dyn` the type is lost; the name at the start of the `Debug` form is the best
/// substitute.
fn kind(type_name: &str, debug: &str) -> String {
    let name = type_name.trim_start_matches('&');
    let boxed = name.strip_prefix("alloc::boxed::Box<").unwrap_or(name);
    if boxed.starts_with("dyn ") {
        first_name(debug).unwrap_or("Error").to_owned()
    } else {
        name.to_owned()
    }
}

/// The type name at the start of a derived `Debug` form: `Declined` of `Declined { code: 3 }`.
fn first_name(debug: &str) -> Option<&str> {
    let end = debug
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(debug.len());
    let name = &debug[..end];
    let rest = debug[end..].trim_start();
    let whole = rest.is_empty() || rest.starts_with(['{', '(']);
    (whole && name.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
}

/// The content of a `Debug` form that is one quoted string, or else the form itself.
fn unquoted(debug: &str) -> String {
    serde_json::from_slice::<String>(debug.as_bytes()).unwrap_or_else(|_| debug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Boxed = lambda_runtime::Error;

    #[derive(Debug)]
    struct Declined {
        #[allow(dead_code, reason = "read through Debug")]
        code: u8,
    }

    impl std::fmt::Display for Declined {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the card was declined")
        }
    }

    impl std::error::Error for Declined {}

    #[test]
    fn a_boxed_error_is_named_after_its_debug_form() {
        let boxed: Boxed = Box::new(Declined { code: 3 });
        let mut failure = Failure::of_error(&boxed);
        failure.refine(&boxed.into());
        assert_eq!(failure.kind, "Declined");
        assert_eq!(failure.message, "the card was declined");
        assert_eq!(failure.stack, "Declined { code: 3 }");
    }

    #[test]
    fn a_boxed_text_is_an_error() {
        let boxed: Boxed = "no \"stock\"".into();
        let failure = Failure::of_error(&boxed);
        assert_eq!(failure.kind, "Error");
        assert_eq!(failure.message, "no \"stock\"");
    }

    #[test]
    fn a_chosen_type_wins_over_the_path() {
        let mut failure = Failure::of_error(&Declined { code: 3 });
        assert!(failure.kind.ends_with("::Declined"));
        failure.refine(&Diagnostic {
            error_type: "CardDeclined".to_owned(),
            error_message: "no".to_owned(),
        });
        assert_eq!(failure.kind, "CardDeclined");
    }

    #[test]
    fn an_unseen_response_has_no_status() {
        assert_eq!(Outcome::Success(ResponseFacts::default()).status(), None);
        let seen = ResponseFacts {
            seen: true,
            ..ResponseFacts::default()
        };
        assert_eq!(Outcome::Success(seen).status(), Some("200"));
    }
}
