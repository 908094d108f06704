//! How calls to web services are told: names, errors, and what of a URL may be seen.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::reader::Reader;
use crate::obfuscate;

/// The settings of spans that stand for calls to web services.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    /// `DD_TRACE_HTTP_CLIENT_ERROR_STATUSES`: statuses and ranges of them that are errors, separated by commas. Default
    /// `400-499`, as in the Node tracer.
    pub(crate) error_statuses: Vec<RangeInclusive<u16>>,
    /// `DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN`: the host is the service. Default `false`.
    pub(crate) split_by_domain: bool,
    /// `DD_TRACE_HTTP_CLIENT_TAG_QUERY_STRING`: queries are told, except for secrets. Default `true`.
    pub(crate) tag_query: bool,
    /// `AWS_LAMBDA_RUNTIME_API`, `host:port`, which no span tells of; Lambda sets it.
    pub(crate) runtime_api: Option<String>,
}

impl HttpClient {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        Self {
            error_statuses: reader.statuses("DD_TRACE_HTTP_CLIENT_ERROR_STATUSES", 400..=499),
            split_by_domain: reader.flag("DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN", false),
            tag_query: reader.flag("DD_TRACE_HTTP_CLIENT_TAG_QUERY_STRING", true),
            runtime_api: reader.text("AWS_LAMBDA_RUNTIME_API"),
        }
    }

    /// A URL as the span of a call tells it.
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
    /// Statuses and ranges of them; one that makes no sense leaves the default.
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
