//! A call to a web service, by any client: whether it has a span, and what that says.

use http::{HeaderMap, Method, StatusCode};

use crate::client::ClientSpan;
use crate::config::{Address, Config, Destination, HeaderTag};
use crate::invocation::Failure;
use crate::obfuscate;
use crate::span::Tags;

/// The parts of a request that the span needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) method: &'a Method,
    pub(super) scheme: &'a str,
    /// Without brackets around an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
}

/// A traced call. Its span ends when this is dropped.
#[derive(Debug)]
pub(super) struct Call {
    span: ClientSpan,
    /// The whole URL, if it has parts that an error must not show.
    url: Option<String>,
}

/// Local ports of the Datadog Lambda Extension: the one for libraries, and that of its agent.
const EXTENSION: [u16; 2] = [8124, 8126];

impl Call {
    /// Opens the span of a call and injects the context into its headers; `None` if the call is not traced.
    pub(super) fn open(
        target: &Target<'_>,
        component: &'static str,
        headers: &mut HeaderMap,
    ) -> Option<Self> {
        let config = Config::get();
        if target.is_own(config) {
            return None;
        }
        let settings = &config.http_client;
        let name = match config.schema_v1 {
            true => "http.client.request",
            false => "http.request",
        };
        let span = ClientSpan::open(name, "client", |span| {
            span.resource = Some([target.method.as_str(), " ", target.path].concat().into());
            if settings.split_by_domain && !target.host.is_empty() {
                span.service = Some(target.host.to_owned().into());
            }
            let tags = &mut span.tags;
            tags.push("component", component);
            tags.push("http.method", target.method.as_str());
            target.url(config, |url| tags.push_joined("http.url", url));
            if !target.host.is_empty() {
                tags.push("out.host", target.host);
            }
            if let Some(port) = target.port_in_use() {
                tags.push_number("network.destination.port", port.into());
            }
            tags.push_number("_dd.measured", 1.0);
            tell(tags, headers, |tag| &tag.request);
        })?;
        span.inject(headers);
        Some(Self { span, url: None })
    }

    /// Records the head of the response, and ends the span.
    pub(super) fn answered(self, status: StatusCode, headers: &HeaderMap) {
        let is_error = Config::get().http_client.is_error(status.as_u16());
        self.span.change(|span| {
            span.tags.push("http.status_code", status.as_str());
            span.error |= is_error;
            tell(&mut span.tags, headers, |tag| &tag.response);
        });
    }

    /// Sets the URL that is redacted in the error of the call, as it is elsewhere on the span.
    pub(super) fn hide(&mut self, url: String) {
        self.url = Some(url);
    }

    /// Records that there is no response, and ends the span.
    pub(super) fn failed(self, mut failure: Failure) {
        if let Some(url) = &self.url {
            hide(url, &mut failure);
        }
        self.span.fail(&failure);
    }
}

fn hide(url: &str, failure: &mut Failure) {
    let shown = &*Config::get().http_client.shown(url);
    if shown == url {
        return;
    }
    let query = |url| str::split_once(url, '?').unwrap_or_default().1;
    // The `Debug` output of an error may be escaped.
    let escaped = url.escape_debug().to_string();
    let texts = [
        (url, shown),
        (&*escaped, shown),
        (query(url), query(shown)),
        (query(&escaped), query(shown)),
    ];
    for (text, shown) in texts.into_iter().filter(|(text, _)| !text.is_empty()) {
        for told in [&mut failure.message, &mut failure.stack] {
            if told.contains(text) {
                *told = told.replace(text, shown);
            }
        }
    }
}

/// Adds tags for the headers that the settings name. Of a header that occurs more than once, the first value counts.
fn tell(tags: &mut Tags, headers: &HeaderMap, name: impl Fn(&HeaderTag) -> &str) {
    for tag in &Config::get().http_client.header_tags {
        let value = headers.get(&tag.header);
        if let Some(value) = value.and_then(|value| value.to_str().ok()) {
            tags.set(name(tag), value);
        }
    }
}

impl Target<'_> {
    /// Whether the request goes to the agent, the extension or the Runtime API.
    fn is_own(&self, config: &Config) -> bool {
        let Some(port) = self.port_in_use() else {
            return false;
        };
        let is = |host: &str, other: u16| port == other && self.host.eq_ignore_ascii_case(host);
        let is_local = matches!(self.host, "localhost" | "127.0.0.1" | "::1");
        let is_agent = match &config.destination {
            Destination::Agent {
                at: Address::Tcp { host, port },
                ..
            } => is(host, *port),
            _ => false,
        };
        let runtime_api = config.http_client.runtime_api.as_deref();
        let is_runtime_api = runtime_api.is_some_and(|address| match address.rsplit_once(':') {
            Some((host, port)) => port.parse().is_ok_and(|port| is(host, port)),
            None => is(address, 80),
        });
        is_agent || is_runtime_api || is_local && EXTENSION.contains(&port)
    }

    /// The port, or the default port of the scheme.
    fn port_in_use(&self) -> Option<u16> {
        self.port.or(match self.scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }

    /// Calls `tell` with those parts of the URL that may be shown.
    fn url<R>(&self, config: &Config, tell: impl FnOnce(&[&str]) -> R) -> R {
        let scheme = match self.host {
            "" => ["", ""],
            _ => [self.scheme, "://"],
        };
        let brackets = match self.host.contains(':') {
            true => ["[", "]"],
            false => ["", ""],
        };
        let port = self.port.map(|port| port.to_string());
        let colon = if port.is_some() { ":" } else { "" };
        let port = port.unwrap_or_default();
        let query = self.query.filter(|_| config.http_client.tag_query);
        let mark = if query.is_some() { "?" } else { "" };
        let query = query.map(obfuscate::query).unwrap_or_default();
        let ([scheme, slashes], [open, close]) = (scheme, brackets);
        tell(&[
            scheme, slashes, open, self.host, close, colon, &port, self.path, mark, &query,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target<'a>(host: &'a str, port: Option<u16>) -> Target<'a> {
        Target {
            method: &Method::GET,
            scheme: "http",
            host,
            port,
            path: "/orders",
            query: Some("id=7&token=secret"),
        }
    }

    #[test]
    fn what_belongs_to_tracing_itself_is_not_traced() {
        let variables = [
            ("DD_TRACE_AGENT_URL", "http://agent.internal:9000"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ];
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let config = Config::read(
            |name| find(name).map(|(_, value)| (*value).to_owned()),
            true,
        );
        for (host, port, own) in [
            ("agent.internal", Some(9000), true),
            ("Agent.Internal", Some(9000), true),
            ("agent.internal", None, false),
            ("127.0.0.1", Some(9001), true),
            ("127.0.0.1", Some(9002), false),
            ("localhost", Some(8124), true),
            ("::1", Some(8126), true),
            ("orders.internal", Some(8126), false),
        ] {
            assert_eq!(target(host, port).is_own(&config), own, "{host} {port:?}");
        }
    }

    #[test]
    fn a_url_is_put_together_from_its_parts() {
        let config = Config::read(|_| None, false);
        for (host, port, url) in [
            ("a.example", None, "http://a.example/orders?id=7&<redacted>"),
            (
                "a.example",
                Some(80),
                "http://a.example:80/orders?id=7&<redacted>",
            ),
            ("::1", Some(9), "http://[::1]:9/orders?id=7&<redacted>"),
            ("", None, "/orders?id=7&<redacted>"),
        ] {
            assert_eq!(target(host, port).url(&config, |parts| parts.concat()), url);
        }
    }
}
