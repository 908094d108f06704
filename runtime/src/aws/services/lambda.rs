//! AWS Lambda. The context is in the client context of an invocation, a header that has little else.

use std::borrow::Cow;

use super::super::carrier::{encode_base64, Context};
use super::super::form;
use super::super::request::{Change, Request};
use super::super::splice::Splice;
use super::{Service, Style};
use crate::json::Json;
use crate::propagation::{decode_base64, Headers};
use crate::span::Tags;

pub(super) struct Lambda;

const HEADER: &str = "x-amz-client-context";
/// The longest client context, in base64.
const LIMIT: usize = 3583;

impl Service for Lambda {
    fn id(&self) -> &'static str {
        "lambda"
    }

    fn style(&self, operation: &str) -> Style {
        Style {
            name: self.carries(operation).then_some("aws.lambda.invoke"),
            ..Style::default()
        }
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        let (_, rest) = request.path().split_once("/functions/")?;
        let name = form::text(rest.split('/').next()?)?;
        if name.is_empty() {
            return None;
        }
        tags.push("functionname", &name);
        tags.push("aws.lambda", &name);
        Some(name)
    }

    fn carries(&self, operation: &str) -> bool {
        matches!(operation, "Invoke" | "InvokeWithResponseStream")
    }

    fn inject(&self, _: &str, request: &Request<'_>, context: &Context<'_>) -> Option<Change> {
        let known = match request.header(HEADER) {
            Some(header) => Some(decode_base64(header)?),
            None => None,
        };
        let known = known.as_deref().unwrap_or(b"{}");
        let value = encode_base64(with_custom(known, context.json()?)?);
        (value.len() <= LIMIT).then_some(Change::Header(HEADER, value))
    }
}

/// Adds `headers`, an object, to `custom` of a client context, which holds the caller's own members.
fn with_custom(text: &[u8], headers: &str) -> Option<Vec<u8>> {
    let known = Json::new(text);
    if !known.is_object() || serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err() {
        return None;
    }
    let mut splice = Splice::new(text, headers.len() + 16);
    let custom = known.get("custom").filter(|custom| !custom.is_null());
    match custom {
        None => match known.get("custom") {
            Some(null) => splice.replace(null).extend_from_slice(headers.as_bytes()),
            None => splice.add_member(known, |out| {
                out.extend_from_slice(br#""custom":"#);
                out.extend_from_slice(headers.as_bytes());
            }),
        },
        Some(custom) if custom.is_object() => {
            let merged = merged(custom, headers);
            splice.replace(custom).extend_from_slice(&merged);
        }
        Some(_) => return None,
    }
    splice.finish()
}

/// The members of `headers`, and those of `custom` without the same names or other trace headers.
fn merged(custom: Json<'_>, headers: &str) -> Vec<u8> {
    let new = Json::new(headers.as_bytes());
    let mut out = headers
        .strip_suffix('}')
        .unwrap_or(headers)
        .as_bytes()
        .to_vec();
    for (name, value) in custom.entries() {
        let is_old = name.decode().is_some_and(|name| {
            Headers::is_of_trace(&name) || new.get_ignore_case(&name).is_some()
        });
        if !is_old {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(name.raw());
            out.extend_from_slice(b"\":");
            out.extend_from_slice(value.raw());
        }
    }
    out.push(b'}');
    out
}
