//! Describes the failure of a call on its span.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};

use crate::invocation::Failure;
use crate::json::Json;
use crate::printed::printed;

/// The type of a service error without a code. Like the other types, it has the name of a variant of `SdkError`.
const UNNAMED: &str = "ServiceError";
const TIMEOUT: &str = "TimeoutError";

/// Describes an error of the SDK: one that the service returned by its code, others by their variant of `SdkError`.
pub(super) fn failure(
    error: &OrchestratorError<Error>,
    response: Option<&HttpResponse>,
) -> Failure {
    if let Some(error) = error.as_operation_error() {
        return of_service(error, response);
    }
    let kind = if error.is_timeout_error() {
        TIMEOUT
    } else if error.is_connector_error() {
        "DispatchFailure"
    } else if error.is_response_error() {
        "ResponseError"
    } else {
        "ConstructionFailure"
    };
    of(kind.to_owned(), chain(error))
}

/// Describes a call that exceeded the timeout for all of its attempts.
pub(super) fn timed_out() -> Failure {
    of(TIMEOUT.to_owned(), "the operation timed out".to_owned())
}

fn of(kind: String, message: String) -> Failure {
    Failure {
        kind: kind.into(),
        message,
        stack: String::new(),
        answered: None,
    }
}

/// An error returned by a service prints as `Code: message`, or, if the SDK has no type for it, as
/// `unhandled error (Code)`: then only the response has the message.
fn of_service(error: &Error, response: Option<&HttpResponse>) -> Failure {
    let text = printed(format_args!("{error}"));
    if let Some(code) = text.strip_prefix("unhandled error") {
        let code = code.trim_matches([' ', '(', ')']);
        let kind = if code.is_empty() { UNNAMED } else { code };
        let message = response.and_then(|response| message(response.body().bytes()?));
        return of(kind.to_owned(), message.unwrap_or_else(|| chain(error)));
    }
    // Some have a second name in brackets after the code.
    let (name, message) = text.split_once(": ").unwrap_or((&text, &text));
    let code = name.split(' ').next().unwrap_or_default();
    match code {
        "" => of(UNNAMED.to_owned(), chain(error)),
        _ => of(code.to_owned(), message.to_owned()),
    }
}

/// The message in a JSON or XML response.
fn message(body: &[u8]) -> Option<String> {
    let json = Json::new(body);
    if json.is_object() {
        let message = json.get_ignore_case("message")?.as_str()?;
        return Some(message.into_owned());
    }
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Message>")?;
    let (message, _) = rest.split_once("</Message>")?;
    Some(message.to_owned())
}

/// An error and its causes, in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    /// Bounds errors that are their own cause.
    const CAUSES: usize = 16;
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| texts.len() < CAUSES) {
        texts.push(printed(format_args!("{error}")));
        next = error.source();
    }
    texts.dedup();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    #[derive(Debug)]
    struct Answer(&'static str);

    impl std::fmt::Display for Answer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Answer {}

    #[test]
    fn an_answer_has_a_code_and_a_message() {
        for (text, body, kind, message) in [
            (
                "QueueDoesNotExist: no: queue",
                "",
                "QueueDoesNotExist",
                "no: queue",
            ),
            ("KmsDisabled [Kms.Disabled]: off", "", "KmsDisabled", "off"),
            ("InvalidSecurity", "", "InvalidSecurity", "InvalidSecurity"),
            (
                "unhandled error (AccessDenied)",
                r#"{"Message":"not \"you\""}"#,
                "AccessDenied",
                "not \"you\"",
            ),
            (
                "unhandled error (NoSuchTagSet)",
                "<E><Message>none</Message></E>",
                "NoSuchTagSet",
                "none",
            ),
            ("unhandled error", "", "ServiceError", "unhandled error"),
            ("", "", "ServiceError", ""),
        ] {
            let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
            let error = OrchestratorError::operation(Error::erase(Answer(text)));
            let failure = failure(&error, Some(&response));
            assert_eq!(
                (&*failure.kind, &*failure.message),
                (kind, message),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_named_by_its_place() {
        let error = || Box::new(Answer("slow"));
        for (error, kind) in [
            (OrchestratorError::timeout(error()), "TimeoutError"),
            (OrchestratorError::response(error()), "ResponseError"),
            (OrchestratorError::other(error()), "ConstructionFailure"),
        ] {
            let failure = failure(&error, None);
            assert_eq!(failure.kind, kind);
            assert!(failure.message.ends_with("slow"), "{}", failure.message);
        }
    }
}
