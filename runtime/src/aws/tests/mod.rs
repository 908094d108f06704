//! Hand-made requests as the SDK serialises them, and what becomes of them, byte for byte.

mod described;
mod left_alone;
mod limits;
mod messages;
mod payloads;
mod pointers;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::carrier::Context;
use super::request::Request;
use super::services;
use crate::propagation::Inject;
use crate::span::Tags;

/// The context in these tests.
const JSON: &str = r#"{"x-datadog-trace-id":"7","traceparent":"a \"b\""}"#;
/// The same in a string.
const STRING: &str = r#""{\"x-datadog-trace-id\":\"7\",\"traceparent\":\"a \\\"b\\\"\"}""#;
/// Milliseconds since the Unix epoch.
const NOW: u64 = 1_700_000_000_123;

fn source(into: &mut dyn Inject) {
    into.set("x-datadog-trace-id", "7".to_owned());
    into.set("traceparent", "a \"b\"".to_owned());
}

fn request(kind: &str, uri: &str, body: impl Into<Vec<u8>>) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body.into()));
    request.set_uri(uri).unwrap();
    request
        .headers_mut()
        .insert("content-type", kind.to_owned());
    request.headers_mut().insert("content-length", "0");
    request
}

fn json(body: impl Into<Vec<u8>>) -> HttpRequest {
    request("application/x-amz-json-1.1", "/", body)
}

fn form(body: impl Into<Vec<u8>>) -> HttpRequest {
    request("application/x-www-form-urlencoded", "/", body)
}

/// Adds the context, to `whole` batches or to the first entry only. Returns whether that changed the request.
fn inject_some(service: &str, operation: &str, http: &mut HttpRequest, whole: bool) -> bool {
    let service = services::find(service);
    assert!(service.carries(operation));
    let context = Context::new(&source, NOW, whole);
    let change = service.inject(operation, &Request::new(http), &context);
    let is_some = change.is_some();
    if let Some(change) = change {
        change.make(http);
    }
    is_some
}

fn inject(service: &str, operation: &str, http: &mut HttpRequest) -> bool {
    inject_some(service, operation, http, true)
}

#[track_caller]
fn assert_body(http: &HttpRequest, expected: &str) {
    let body = http.body().bytes().unwrap();
    assert_eq!(String::from_utf8_lossy(body), expected);
    let length = http.headers().get("content-length").unwrap();
    assert_eq!(length, expected.len().to_string());
}

/// Adds the context to a request, and compares its new body.
#[track_caller]
fn assert_injected(service: &str, operation: &str, mut http: HttpRequest, expected: &str) {
    assert!(inject(service, operation, &mut http));
    assert_body(&http, expected);
}

/// How a span describes a request: the name of what it is about, and tags.
fn described(service: &str, http: &HttpRequest) -> (Option<String>, Vec<(String, String)>) {
    let mut tags = Tags::new();
    let name = services::find(service).describe(&Request::new(http), &mut tags);
    let name = name.map(std::borrow::Cow::into_owned);
    let tags = tags.printed().into_iter();
    (
        name,
        tags.map(|(name, text)| (name.to_owned(), text)).collect(),
    )
}
