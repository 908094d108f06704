//! Amazon S3. Pointers lead to the objects that are written.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::request::{host, path, Request};
use super::{Service, Target};
use crate::config::Config;
use crate::span::pointer;
use crate::span::SpanLink;
use crate::trigger::decode_form;

pub(super) struct S3;

impl Service for S3 {
    fn id(&self) -> &'static str {
        "s3"
    }

    fn host(&self) -> Option<&'static str> {
        Some("s3")
    }

    fn target(&self, operation: &str, request: &Request<'_>, _: &Config) -> Target {
        match operation {
            "ListBuckets" | "ListDirectoryBuckets" => Target::None,
            _ => Target::Object(Object {
                path: request.path().to_owned(),
                bucket: None,
            }),
        }
    }

    fn pointers(
        &self,
        operation: &str,
        target: Target,
        response: &HttpResponse,
        config: &Config,
    ) -> Vec<SpanLink> {
        let pointer = || {
            let Target::Object(object) = target else {
                return None;
            };
            let entity_tag = match operation {
                "PutObject" => response.headers().get("etag")?.to_owned(),
                "CopyObject" | "CompleteMultipartUpload" => entity_tag(response.body().bytes()?)?,
                _ => return None,
            };
            let key = decode_form(object.path.strip_prefix('/')?);
            let bucket = object.bucket.as_deref()?;
            let link = pointer::s3_object(pointer::DOWNSTREAM, bucket, &key, &entity_tag);
            Some(link)
        };
        match config.span_pointers {
            true => pointer().into_iter().collect(),
            false => Vec::new(),
        }
    }
}

/// The object, or what else a request is about.
#[derive(Debug)]
pub(in super::super) struct Object {
    /// `/{key}`, URL-encoded: the path of the request before it has an endpoint.
    path: String,
    bucket: Option<String>,
}

impl Object {
    /// Finds the bucket in the URI with the endpoint: before the key in the path, or else before the service's host.
    pub(in super::super) fn locate(&mut self, uri: &str) -> Option<&str> {
        let before = path(uri).strip_suffix(&*self.path).unwrap_or_default();
        let bucket = match before.trim_matches('/').rsplit('/').next() {
            Some(bucket) if !bucket.is_empty() => Some(bucket),
            _ => bucket_of_host(host(uri)?),
        };
        self.bucket = bucket.map(str::to_owned);
        self.bucket.as_deref()
    }
}

/// The bucket in `{bucket}.s3.{region}.amazonaws.com`, or the first label of a host that is not Amazon's.
fn bucket_of_host(host: &str) -> Option<&str> {
    if host.starts_with("s3.") || host.starts_with("s3-") {
        return None;
    }
    match host.rfind(".s3") {
        Some(end) => Some(&host[..end]),
        // Hosts that end in a digit or a bracket are IP addresses, which cannot contain a bucket.
        None if host.ends_with(|last: char| last.is_ascii_digit() || last == ']') => None,
        None => host.split_once('.').map(|(bucket, _)| bucket),
    }
}

/// The text of the element `ETag` in an XML response.
fn entity_tag(body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once("<ETag>")?;
    let (text, _) = rest.split_once("</ETag>")?;
    Some(text.replace("&quot;", "\"").replace("&#34;", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_wherever_it_stands() {
        for (path, uri, bucket) in [
            (
                "/k",
                "https://orders.s3.eu-west-1.amazonaws.com/k?x-id=PutObject",
                Some("orders"),
            ),
            ("/k", "https://orders.s3.amazonaws.com/k", Some("orders")),
            (
                "/k",
                "https://a.b.s3.dualstack.eu-west-1.amazonaws.com/k",
                Some("a.b"),
            ),
            (
                "/k",
                "https://orders.s3-accelerate.amazonaws.com/k",
                Some("orders"),
            ),
            (
                "/a/k",
                "https://s3.eu-west-1.amazonaws.com/a.b/a/k",
                Some("a.b"),
            ),
            (
                "/",
                "https://s3.eu-west-1.amazonaws.com/orders/",
                Some("orders"),
            ),
            (
                "/",
                "https://s3.eu-west-1.amazonaws.com/?x-id=ListBuckets",
                None,
            ),
            ("/k", "http://127.0.0.1:9000/orders/k", Some("orders")),
            (
                "/k",
                "http://minio.internal:9000/base/orders/k",
                Some("orders"),
            ),
            ("/k", "http://orders.localhost:4566/k", Some("orders")),
            ("/k", "http://127.0.0.1:9000/k", None),
            ("/k", "http://[::1]:9000/k", None),
            ("/k", "http://localhost:9000/k", None),
            ("/k", "/k", None),
        ] {
            let mut object = Object {
                path: path.to_owned(),
                bucket: None,
            };
            assert_eq!(object.locate(uri), bucket, "{path} {uri}");
        }
    }

    #[test]
    fn an_entity_tag_is_an_element() {
        let xml = |text: &str| format!("<R><ETag>{text}</ETag></R>");
        for text in ["&quot;ab12&quot;", "&#34;ab12&#34;", "\"ab12\""] {
            let tag = entity_tag(xml(text).as_bytes());
            assert_eq!(tag.as_deref(), Some("\"ab12\""), "{text}");
        }
        assert_eq!(entity_tag(b"<Error/>"), None);
        assert_eq!(entity_tag(b"<ETag>"), None);
    }
}
