//! How the value of a variable is read. A value that makes no sense is noted, and the default taken.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::sampling::{self, SamplingRule, SpanRule};
use super::{Destination, Metrics};

/// Reads variables, and notes what is wrong with them.
pub(super) struct Reader<F> {
    variable: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn new(variable: F) -> Self {
        Self {
            variable,
            problems: Vec::new(),
        }
    }

    /// What was wrong, one line each.
    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// The trimmed value; blank counts as unset.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(value) = self.text(name) else {
            return default;
        };
        match value.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                self.problem(name, &value, "`true` or `false`", Some(&default));
                default
            }
        }
    }

    pub(super) fn seconds(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.text(name) else {
            return default;
        };
        // By the parser that is linked anyway: the standard library's own brings tables of 10 KB.
        let parsed = serde_json::from_slice::<f64>(value.as_bytes())
            .ok()
            .filter(|seconds| *seconds > 0.0);
        match parsed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(duration) => duration,
            None => {
                self.problem(
                    name,
                    &value,
                    "a number of seconds",
                    Some(&default.as_secs()),
                );
                default
            }
        }
    }

    pub(super) fn milliseconds(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.text(name) else {
            return default;
        };
        match value.parse() {
            Ok(milliseconds) => Duration::from_millis(milliseconds),
            Err(_) => {
                self.problem(
                    name,
                    &value,
                    "a number of milliseconds",
                    Some(&default.as_millis()),
                );
                default
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, default: usize) -> usize {
        let Some(value) = self.text(name) else {
            return default;
        };
        value.parse().unwrap_or_else(|_| {
            self.problem(name, &value, "a number", Some(&default));
            default
        })
    }

    pub(super) fn sampling_rules(&mut self) -> Vec<SamplingRule> {
        const RATE: &str = "DD_TRACE_SAMPLE_RATE";
        let mut rules = self.rules("DD_TRACE_SAMPLING_RULES", sampling::trace_rules);
        if let Some(value) = self.text(RATE) {
            match sampling::rate(serde_json::from_slice(value.as_bytes()).ok()) {
                Some(rate) => rules.push(SamplingRule {
                    rate,
                    ..SamplingRule::default()
                }),
                None => self.problem(RATE, &value, "a number from 0 to 1", None),
            }
        }
        rules
    }

    pub(super) fn span_sampling_rules(&mut self) -> Vec<SpanRule> {
        const RULES: &str = "DD_SPAN_SAMPLING_RULES";
        const FILE: &str = "DD_SPAN_SAMPLING_RULES_FILE";
        let Some(path) = self.text(FILE).filter(|_| self.text(RULES).is_none()) else {
            return self.rules(RULES, sampling::span_rules);
        };
        let read = std::fs::read_to_string(&path);
        let read = read.map_err(|error| format!("a file that can be read ({error})"));
        let rules = read.and_then(|text| {
            let rules = sampling::span_rules(&text);
            rules.map_err(|expected| format!("a file with {expected}"))
        });
        rules.unwrap_or_else(|expected| {
            self.problem(FILE, &path, &expected, None);
            Vec::new()
        })
    }

    fn rules<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<Vec<T>, String>) -> Vec<T> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        read(&text).unwrap_or_else(|expected| {
            self.problem(name, &text, &expected, None);
            Vec::new()
        })
    }

    /// So many a second; negative for no limit.
    pub(super) fn rate_limit(&mut self, name: &str, default: i32) -> f64 {
        let Some(value) = self.text(name) else {
            return default.into();
        };
        let parsed = value.parse().unwrap_or_else(|_| {
            self.problem(name, &value, "a number", Some(&default));
            default
        });
        parsed.into()
    }

    /// The trimmed parts between commas, without blank ones; `None` if the variable is not set.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let text = (self.variable)(name)?;
        let parts = text.split(',').map(str::trim);
        Some(
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// `key:value` pairs, separated by commas, or by spaces if there is no comma.
    pub(super) fn pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        let separator = if text.contains(',') { ',' } else { ' ' };
        let parts = text
            .split(separator)
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in parts {
            match part.split_once(':') {
                Some((key, value)) if !key.trim().is_empty() => {
                    let (key, value) = (key.trim(), value.trim().to_owned());
                    match pairs.iter_mut().find(|(known, _)| known == key) {
                        Some((_, old)) => *old = value,
                        None => pairs.push((key.to_owned(), value)),
                    }
                }
                _ => self.problem(name, part, "`key:value`", None),
            }
        }
        pairs
    }

    /// `from:to` pairs; an entry without exactly one colon, with an empty side or two equal ones does not count.
    pub(super) fn mapping(&mut self, name: &str) -> Vec<(String, String)> {
        let mut pairs = self.pairs(name);
        pairs.retain(|(from, to)| !to.is_empty() && !to.contains(':') && from != to);
        pairs
    }

    pub(super) fn destination(&mut self, extension: bool) -> Destination {
        const DEFAULT_PORT: u16 = 8126;
        if let Some(url) = self.text("DD_TRACE_AGENT_URL") {
            match parse_agent_url(&url) {
                Some((host, port)) => return Destination::Agent { host, port },
                None => self.problem("DD_TRACE_AGENT_URL", &url, "`http://host:port`", None),
            }
        }
        let host = self.text("DD_AGENT_HOST");
        let port = self.text("DD_TRACE_AGENT_PORT").and_then(|text| {
            let port = text.parse::<u16>().ok().filter(|port| *port != 0);
            if port.is_none() {
                self.problem(
                    "DD_TRACE_AGENT_PORT",
                    &text,
                    "a port number",
                    Some(&DEFAULT_PORT),
                );
            }
            port
        });
        if host.is_none() && port.is_none() && !extension {
            return Destination::Log;
        }
        Destination::Agent {
            host: host.unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: port.unwrap_or(DEFAULT_PORT),
        }
    }

    pub(super) fn metrics(&mut self, extension: bool) -> Metrics {
        const NAME: &str = "DD_DOGSTATSD_URL";
        if let Some(url) = self.text(NAME) {
            match parse_dogstatsd_url(&url) {
                Some(server) => return Metrics::DogStatsD(server),
                None => self.problem(NAME, &url, "`udp://address:port`", None),
            }
        }
        match extension {
            true => Metrics::DogStatsD((Ipv4Addr::LOCALHOST, DOGSTATSD_PORT).into()),
            false => Metrics::Log,
        }
    }

    pub(super) fn xray_daemon(&mut self) -> Option<SocketAddr> {
        const NAME: &str = "AWS_XRAY_DAEMON_ADDRESS";
        let text = self.text(NAME)?;
        let daemon = match text.strip_prefix("localhost:") {
            Some(port) => port
                .parse()
                .ok()
                .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
            None => text.parse().ok(),
        };
        if daemon.is_none() {
            self.problem(NAME, &text, "`address:port`", None);
        }
        daemon
    }

    /// Notes a value that makes no sense, and what holds instead of it, if anything does.
    pub(super) fn problem(
        &mut self,
        name: &str,
        value: &str,
        expected: &str,
        default: Option<&dyn Display>,
    ) {
        let instead = default.map_or_else(
            || "without it".to_owned(),
            |default| format!("with `{default}`"),
        );
        self.problems.push(format!(
            "{name}=`{value}` is not {expected}; going on {instead}"
        ));
    }
}

const DOGSTATSD_PORT: u16 = 8125;

/// The server of `udp://address[:port]`; a name would have to be looked up, but for `localhost`.
fn parse_dogstatsd_url(url: &str) -> Option<SocketAddr> {
    let uri: http::Uri = url.parse().ok()?;
    if uri.scheme_str() != Some("udp") {
        return None;
    }
    let address = match uri.host()?.trim_matches(['[', ']']) {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        address => address.parse().ok()?,
    };
    Some((address, uri.port_u16().unwrap_or(DOGSTATSD_PORT)).into())
}

/// The host and port of `http://host[:port][/]`; an IPv6 host stands in brackets.
fn parse_agent_url(url: &str) -> Option<(String, u16)> {
    let uri: http::Uri = url.parse().ok()?;
    if uri.scheme() != Some(&http::uri::Scheme::HTTP) || !matches!(uri.path(), "" | "/") {
        return None;
    }
    let host = uri.host()?.trim_matches(['[', ']']);
    Some((host.to_owned(), uri.port_u16().unwrap_or(80)))
}
