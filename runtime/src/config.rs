//! Every environment variable that ddlambda reads, read once. Nothing else in the crate calls `std::env`.

use std::sync::OnceLock;
use std::time::Duration;

/// The settings of the process.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `DD_TRACE_ENABLED`: off leaves the function as if it were not instrumented. Default `true`.
    pub(crate) trace_enabled: bool,
    /// `DD_SERVICE`, trimmed; blank counts as unset.
    pub(crate) dd_service: Option<String>,
    /// `DD_ENV`.
    pub(crate) env: Option<String>,
    /// `DD_VERSION`.
    pub(crate) version: Option<String>,
    /// `DD_TAGS`: `key:value` pairs, separated by commas or spaces, for every span.
    pub(crate) tags: Vec<(String, String)>,
    /// `DD_TRACE_MANAGED_SERVICES`: inferred spans. Default `true`.
    pub(crate) managed_services: bool,
    /// `DD_SERVICE_MAPPING`: `from:to` pairs that rename the services of inferred spans.
    pub(crate) service_mapping: Vec<(String, String)>,
    /// `DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED`: instance names as services. Default `true`.
    pub(crate) service_representation: bool,
    /// `DD_TRACE_EXTRACTOR`: the name of a registered extractor.
    pub(crate) extractor: Option<String>,
    /// `DD_LOGS_INJECTION`: ids in log lines. Default `true`.
    pub(crate) logs_injection: bool,
    /// `DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED`: 32 hex digits in logs instead of the low 64 bits in decimal. Default `true`.
    pub(crate) log_128_bit_ids: bool,
    /// `DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED`. Default `true`.
    pub(crate) generate_128_bit_ids: bool,
    /// `DD_COLD_START_TRACING`: the `aws.lambda.load` span. Default `true`.
    pub(crate) cold_start_tracing: bool,
    /// `DD_TRACE_AGENT_TIMEOUT_SECONDS`: how long one flush may take. Default one second.
    pub(crate) agent_timeout: Duration,
    /// `DD_APM_FLUSH_DEADLINE_MILLISECONDS`: how long before the deadline an invocation counts as timed out.
    /// Default 100 ms.
    pub(crate) flush_deadline: Duration,
    /// Where traces go.
    pub(crate) destination: Destination,
    /// `AWS_LAMBDA_LOG_FORMAT` is `JSON`.
    pub(crate) json_logs: bool,
    /// `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG`, as written.
    pub(crate) log_filter: Option<String>,
    /// `DD_LOG_LEVEL` is `debug`, or `DD_TRACE_DEBUG` is true: the library's own debug lines.
    pub(crate) debug: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`, else `function`.
    pub(crate) function_name: String,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`, such as `on-demand` or `snap-start`.
    pub(crate) initialization_type: Option<String>,
    /// What was wrong with the settings, one line each; said once, when the function starts.
    pub(crate) problems: Vec<String>,
}

/// Where traces go, decided once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// An agent or the Datadog Lambda Extension, by host and port.
    Agent { host: String, port: u16 },
    /// One JSON line per trace on standard output, for the Datadog Forwarder.
    Log,
}

/// The extension is there if this file is.
const EXTENSION: &str = "/opt/extensions/datadog-agent";

impl Config {
    /// The settings of this process.
    pub(crate) fn get() -> &'static Self {
        static CONFIG: OnceLock<Config> = OnceLock::new();
        CONFIG.get_or_init(|| {
            let extension = std::path::Path::new(EXTENSION).exists();
            Self::read(|name| std::env::var(name).ok(), extension)
        })
    }

    /// Reads the settings from `variable`; `extension` tells whether the Datadog Lambda Extension is there.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>, extension: bool) -> Self {
        let mut reader = Reader {
            variable,
            problems: Vec::new(),
        };
        let destination = reader.destination(extension);
        Self {
            trace_enabled: reader.flag("DD_TRACE_ENABLED", true),
            dd_service: reader.text("DD_SERVICE"),
            env: reader.text("DD_ENV"),
            version: reader.text("DD_VERSION"),
            tags: reader.pairs("DD_TAGS"),
            managed_services: reader.flag("DD_TRACE_MANAGED_SERVICES", true),
            service_mapping: reader.mapping("DD_SERVICE_MAPPING"),
            service_representation: reader
                .flag("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", true),
            extractor: reader.text("DD_TRACE_EXTRACTOR"),
            logs_injection: reader.flag("DD_LOGS_INJECTION", true),
            log_128_bit_ids: reader.flag("DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED", true),
            generate_128_bit_ids: reader.flag("DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED", true),
            cold_start_tracing: reader.flag("DD_COLD_START_TRACING", true),
            agent_timeout: reader.seconds("DD_TRACE_AGENT_TIMEOUT_SECONDS", Duration::from_secs(1)),
            flush_deadline: reader.milliseconds(
                "DD_APM_FLUSH_DEADLINE_MILLISECONDS",
                Duration::from_millis(100),
            ),
            destination,
            json_logs: reader
                .text("AWS_LAMBDA_LOG_FORMAT")
                .is_some_and(|format| format.eq_ignore_ascii_case("json")),
            log_filter: reader
                .text("AWS_LAMBDA_LOG_LEVEL")
                .or_else(|| reader.text("RUST_LOG")),
            debug: reader.flag("DD_TRACE_DEBUG", false)
                || reader
                    .text("DD_LOG_LEVEL")
                    .is_some_and(|level| level.eq_ignore_ascii_case("debug")),
            function_name: reader
                .text("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_else(|| "function".to_owned()),
            initialization_type: reader.text("AWS_LAMBDA_INITIALIZATION_TYPE"),
            problems: reader.problems,
        }
    }

    /// The service of `aws.lambda` and of every span that names none.
    pub(crate) fn service(&self) -> &str {
        match &self.dd_service {
            Some(service) => service,
            None if self.service_representation => &self.function_name,
            None => "aws.lambda",
        }
    }
}

struct Reader<F> {
    variable: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The trimmed value; blank counts as unset.
    fn text(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(value) = self.text(name) else {
            return default;
        };
        match value.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                self.problem(name, &value, "`true` or `false`", &default);
                default
            }
        }
    }

    fn seconds(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.text(name) else {
            return default;
        };
        let parsed = value.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
        match parsed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(duration) => duration,
            None => {
                self.problem(name, &value, "a number of seconds", &default.as_secs_f64());
                default
            }
        }
    }

    fn milliseconds(&mut self, name: &str, default: Duration) -> Duration {
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
                    &default.as_millis(),
                );
                default
            }
        }
    }

    /// `key:value` pairs, separated by commas, or by spaces if there is no comma.
    fn pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        let separator = if text.contains(',') { ',' } else { ' ' };
        let parts = text
            .split(separator)
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let mut pairs = Vec::new();
        for part in parts {
            match part.split_once(':') {
                Some((key, value)) if !key.trim().is_empty() => {
                    pairs.push((key.trim().to_owned(), value.trim().to_owned()));
                }
                _ => self.problem(name, part, "`key:value`", &"without it"),
            }
        }
        pairs
    }

    /// `from:to` pairs; an entry without exactly one colon, with an empty side or two equal ones does not count.
    fn mapping(&mut self, name: &str) -> Vec<(String, String)> {
        let mut pairs = self.pairs(name);
        pairs.retain(|(from, to)| !to.is_empty() && !to.contains(':') && from != to);
        pairs
    }

    fn destination(&mut self, extension: bool) -> Destination {
        const DEFAULT_PORT: u16 = 8126;
        if let Some(url) = self.text("DD_TRACE_AGENT_URL") {
            match parse_agent_url(&url) {
                Some((host, port)) => return Destination::Agent { host, port },
                None => self.problem(
                    "DD_TRACE_AGENT_URL",
                    &url,
                    "`http://host:port`",
                    &"without it",
                ),
            }
        }
        let host = self.text("DD_AGENT_HOST");
        let port = self.text("DD_TRACE_AGENT_PORT").and_then(|text| {
            let port = text.parse::<u16>().ok().filter(|port| *port != 0);
            if port.is_none() {
                self.problem("DD_TRACE_AGENT_PORT", &text, "a port number", &DEFAULT_PORT);
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

    fn problem(&mut self, name: &str, value: &str, expected: &str, used: &dyn std::fmt::Display) {
        self.problems.push(format!(
            "{name}=`{value}` is not {expected}; going on with {used}"
        ));
    }
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
