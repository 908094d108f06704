//! A request as serialised by the SDK: reading it, and changing it.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::form::Form;
use crate::json::Json;

/// A request, whose body can be read if its protocol is known.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    http: &'a HttpRequest,
    pub(super) body: Body<'a>,
}

/// The body, by protocol.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    /// JSON of the protocols `awsJson1_0` and `awsJson1_1`.
    Json(&'a [u8]),
    /// Pairs of the protocol `awsQuery`.
    Form(&'a [u8]),
    /// Anything else, such as a stream.
    Other,
}

/// A change to a request.
pub(super) enum Change {
    Body(Vec<u8>),
    Header(&'static str, String),
}

impl<'a> Request<'a> {
    pub(super) fn new(http: &'a HttpRequest) -> Self {
        let header = |name| http.headers().get(name);
        let kind = header("content-type").unwrap_or_default();
        // A body with a content encoding is not read.
        let bytes = match header("content-encoding") {
            None => http.body().bytes(),
            Some(_) => None,
        };
        let body = match bytes {
            Some(bytes) if kind.starts_with("application/x-amz-json-1.") => Body::Json(bytes),
            Some(bytes) if kind.starts_with("application/x-www-form-urlencoded") => {
                Body::Form(bytes)
            }
            _ => Body::Other,
        };
        Self { http, body }
    }

    /// The path, without the query. Until a request has its endpoint, its URI is only a path.
    pub(super) fn path(&self) -> &'a str {
        path(self.http.uri())
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.http.headers().get(name)
    }

    /// The body, if that is JSON.
    pub(super) fn json(&self) -> Option<Json<'a>> {
        match self.body {
            Body::Json(bytes) => Some(Json::new(bytes)),
            Body::Form(_) | Body::Other => None,
        }
    }

    /// The text of a member of the input, in either protocol.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.body {
            Body::Json(bytes) => Json::new(bytes).get(name)?.as_str(),
            Body::Form(bytes) => Form::new(bytes)?.get(name),
            Body::Other => None,
        }
    }
}

impl Change {
    /// Applies the change, and updates the content length.
    pub(super) fn make(self, http: &mut HttpRequest) {
        match self {
            Self::Body(body) => {
                let length = body.len().to_string();
                *http.body_mut() = SdkBody::from(body);
                // Digits are always a valid header value.
                _ = http.headers_mut().try_insert("content-length", length);
            }
            // So is base64.
            Self::Header(name, value) => _ = http.headers_mut().try_insert(name, value),
        }
    }
}

/// The path of a URI that may have an authority.
pub(super) fn path(uri: &str) -> &str {
    let path = match after_scheme(uri) {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => uri,
    };
    path.split('?').next().unwrap_or(path)
}

/// The host of a URI, without the port.
pub(super) fn host(uri: &str) -> Option<&str> {
    let authority = after_scheme(uri)?.split(['/', '?']).next()?;
    match authority.starts_with('[') {
        true => authority.split_inclusive(']').next(),
        false => authority.split(':').next(),
    }
}

fn after_scheme(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(':')?;
    rest.strip_prefix("//")
}
