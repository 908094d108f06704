//! How calls to web services appear: names, errors, and which parts of a URL.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use http::HeaderName;

use super::reader::Reader;
use crate::obfuscate;

/// The settings of client spans for HTTP calls.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    /// `DD_TRACE_HTTP_CLIENT_ERROR_STATUSES`: statuses and ranges of them that are errors, separated by commas. Default
    /// `400-499`, as in the Node tracer.
    pub(crate) error_statuses: Vec<RangeInclusive<u16>>,
    /// `DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN`: the host is the service. Default `false`.
    pub(crate) split_by_domain: bool,
    /// `DD_TRACE_HTTP_CLIENT_TAG_QUERY_STRING`: include query strings, except for secrets. Default `true`.
    pub(crate) tag_query: bool,
    /// `DD_TRACE_HEADER_TAGS`: headers of requests and responses to set as tags, separated by commas, each with an optional
    /// colon and tag name. Default none.
    pub(crate) header_tags: Vec<HeaderTag>,
    /// `AWS_LAMBDA_RUNTIME_API`, `host:port`; calls to it get no span. Set by Lambda.
    pub(crate) runtime_api: Option<String>,
}

/// A header that is set as a tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeaderTag {
    pub(crate) header: HeaderName,
    /// The tag for a request's header.
    pub(crate) request: String,
    /// The tag for a response's header.
    pub(crate) response: String,
}

impl HttpClient {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        Self {
            error_statuses: reader.statuses("DD_TRACE_HTTP_CLIENT_ERROR_STATUSES", 400..=499),
            split_by_domain: reader.flag("DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN", false),
            tag_query: reader.flag("DD_TRACE_HTTP_CLIENT_TAG_QUERY_STRING", true),
            header_tags: reader.header_tags("DD_TRACE_HEADER_TAGS"),
            runtime_api: reader.text("AWS_LAMBDA_RUNTIME_API"),
        }
    }

    /// A URL as it appears on a span.
    pub(crate) fn shown<'a>(&self, url: &'a str) -> Cow<'a, str> {
        match url.split_once('?') {
            Some((place, _)) if !self.tag_query => obfuscate::url(place),
            _ => obfuscate::url(url),
        }
    }

    /// Whether a response with this status is an error.
    pub(crate) fn is_error(&self, status: u16) -> bool {
        self.error_statuses
            .iter()
            .any(|range| range.contains(&status))
    }
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// Statuses and ranges of them; an invalid value leaves the default.
    fn statuses(&mut self, name: &str, default: RangeInclusive<u16>) -> Vec<RangeInclusive<u16>> {
        let Some(parts) = self.list(name) else {
            return vec![default];
        };
        let range = |part: &String| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = first.trim().parse().ok()?..=last.trim().parse().ok()?;
            (!range.is_empty()).then_some(range)
        };
        match parts.iter().map(range).collect() {
            Some(ranges) => ranges,
            None => {
                let shown = format!("{}-{}", default.start(), default.end());
                self.problem(
                    name,
                    &parts.join(","),
                    "a list of statuses such as `400-499,503`",
                    Some(&shown),
                );
                vec![default]
            }
        }
    }

    fn header_tags(&mut self, name: &str) -> Vec<HeaderTag> {
        let mut tags = Vec::new();
        for part in self.list(name).unwrap_or_default() {
            let (header, tag) = part.split_once(':').unwrap_or((&part, ""));
            match HeaderTag::new(header.trim(), tag.trim()) {
                Some(tag) => tags.push(tag),
                None => self.problem(name, &part, "`header` or `header:tag`", None),
            }
        }
        tags
    }
}

impl HeaderTag {
    /// `None` if the header name is invalid. Without a tag name, request and response get different ones, which keep
    /// letters, digits and `_-/` of the header.
    fn new(header: &str, tag: &str) -> Option<Self> {
        let header: HeaderName = header.parse().ok()?;
        let of = |side: &str| match tag {
            "" => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
                let plain = header.as_str().replace(|c| !is_plain(c), "_");
                format!("http.{side}.headers.{plain}")
            }
            tag => tag.to_owned(),
        };
        let (request, response) = (of("request"), of("response"));
        Some(Self {
            header,
            request,
            response,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn read(name: &str, value: &str) -> Config {
        Config::read(|asked| (asked == name).then(|| value.to_owned()), false)
    }

    #[test]
    fn statuses_are_a_list_of_ranges() {
        const NAME: &str = "DD_TRACE_HTTP_CLIENT_ERROR_STATUSES";
        let errors = |value: &str| {
            let config = read(NAME, value);
            let is_error = |status| config.http_client.is_error(status);
            let all = [200, 400, 404, 499, 500, 503, 599].into_iter();
            (
                all.filter(|status| is_error(*status)).collect::<Vec<_>>(),
                config.problems.len(),
            )
        };
        assert_eq!(errors("500-599, 404"), (vec![404, 500, 503, 599], 0));
        assert_eq!(errors("503"), (vec![503], 0));
        assert_eq!(errors(""), (vec![], 0));
        for broken in ["all", "500-", "599-500", "500-599;404", "70000"] {
            assert_eq!(errors(broken), (vec![400, 404, 499], 1), "{broken}");
        }
        assert!(!read("DD_ENV", "").http_client.is_error(500));
    }

    #[test]
    fn headers_become_tags_by_their_name_or_another() {
        let config = read("DD_TRACE_HEADER_TAGS", "X-Order.Id, User-Agent:agent ,");
        let tags = config.http_client.header_tags.iter();
        let tags = tags.map(|tag| [tag.header.as_str(), &tag.request, &tag.response]);
        assert_eq!(
            tags.collect::<Vec<_>>(),
            [
                [
                    "x-order.id",
                    "http.request.headers.x-order_id",
                    "http.response.headers.x-order_id"
                ],
                ["user-agent", "agent", "agent"],
            ]
        );
        assert_eq!(config.problems.len(), 0);
        let config = read("DD_TRACE_HEADER_TAGS", "a b,:tag,x-kept:");
        assert_eq!(config.http_client.header_tags.len(), 1);
        assert_eq!(config.problems.len(), 2, "{:?}", config.problems);
    }

    #[cfg(any(
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    #[test]
    fn the_schema_has_two_versions() {
        const NAME: &str = "DD_TRACE_SPAN_ATTRIBUTE_SCHEMA";
        for (value, v1, problems) in [("v0", false, 0), ("v1", true, 0), ("v2", false, 1)] {
            let config = read(NAME, value);
            assert_eq!(config.schema_v1, v1, "{value}");
            assert_eq!(config.problems.len(), problems, "{value}");
        }
    }
}
