//! Every environment variable that ddlambda reads, read once. Nothing else in the crate calls `std::env`.

#[cfg_attr(
    not(feature = "aws-sdk"),
    allow(dead_code, reason = "what only features need is read all the same")
)]
mod aws;
#[cfg_attr(
    not(all(
        any(feature = "reqwest", feature = "tower-http-client"),
        feature = "tracing"
    )),
    allow(dead_code, reason = "what only features need is read all the same")
)]
mod http_client;
#[cfg(all(test, feature = "tracing"))]
mod page;
mod propagation;
mod reader;
mod sampling;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use crate::span::Tags;
pub(crate) use aws::AwsSdk;
pub(crate) use http_client::{HttpClient, Query};
pub(crate) use propagation::{Behavior, Propagation, Style};
use reader::Reader;
pub(crate) use sampling::{Provenance, SamplingRule, SpanRule};

/// The version of this library, which every trace names.
pub(crate) const LIBRARY_VERSION: &str = env!("CARGO_PKG_VERSION");

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
    /// `DD_TAGS`: `key:value` pairs, separated by commas or spaces, for every span; `service`, `env` and `version` among
    /// them stand in for the variables of that name. With what else is the same for all spans.
    pub(crate) common_tags: Tags,
    /// `DD_TRACE_MANAGED_SERVICES`: inferred spans. Default `true`.
    pub(crate) managed_services: bool,
    /// `DD_TRACE_AWS_ADD_SPAN_POINTERS` and `DD_BOTOCORE_ADD_SPAN_POINTERS`: span pointers, unless one of the two is
    /// off. Default `true`.
    pub(crate) span_pointers: bool,
    /// How calls of AWS carry the trace, and what they point to.
    pub(crate) aws: AwsSdk,
    /// `DD_TRACE_SPAN_ATTRIBUTE_SCHEMA` is `v1`, not `v0`: names of spans of calls. Default `v0`.
    pub(crate) schema_v1: bool,
    /// `DD_SERVICE_MAPPING`: `from:to` pairs that rename the services of inferred spans and of calls.
    pub(crate) service_mapping: Vec<(String, String)>,
    /// `DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED`: instance names as services. Default `true`.
    pub(crate) service_representation: bool,
    /// `DD_TRACE_REMOVE_INTEGRATION_SERVICE_NAMES_ENABLED`: inferred spans belong to the function's service, if that is
    /// set. Default `false`.
    pub(crate) own_service_only: bool,
    /// `DD_ENCODE_AUTHORIZER_CONTEXT`: an authorizer passes its trace on. Default `true`.
    pub(crate) encode_authorizer_context: bool,
    /// `DD_DECODE_AUTHORIZER_CONTEXT`: what an authorizer has passed on is read. Default `true`.
    pub(crate) decode_authorizer_context: bool,
    /// `DD_MERGE_XRAY_TRACES`: X-Ray's segment is the parent, and its trace that of an event without a context. Default
    /// `false`.
    pub(crate) merge_xray_traces: bool,
    /// `AWS_XRAY_DAEMON_ADDRESS`: where X-Ray is told things; Lambda sets it.
    pub(crate) xray_daemon: Option<SocketAddr>,
    /// `DD_TRACE_EXTRACTOR`: the name of a registered extractor.
    pub(crate) extractor: Option<String>,
    /// `DD_LOGS_INJECTION`: ids in log lines. Default `true`.
    #[cfg(feature = "tracing")]
    pub(crate) logs_injection: bool,
    /// `DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED`: 32 hex digits in logs instead of the low 64 bits in decimal. Default `true`.
    #[cfg(feature = "tracing")]
    pub(crate) log_128_bit_ids: bool,
    /// `DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED`. Default `true`.
    pub(crate) generate_128_bit_ids: bool,
    /// `DD_TRACE_SAMPLING_RULES`, then a rule for everything else with the rate of `DD_TRACE_SAMPLE_RATE`.
    pub(crate) sampling_rules: Vec<SamplingRule>,
    /// `DD_TRACE_RATE_LIMIT`: how many traces a second the rules keep; no limit if negative. Default 100.
    pub(crate) sampling_limit: f64,
    /// `DD_SPAN_SAMPLING_RULES`, else the file `DD_SPAN_SAMPLING_RULES_FILE`: spans to keep of traces that are dropped.
    pub(crate) span_sampling_rules: Vec<SpanRule>,
    /// How trace context passes between processes.
    pub(crate) propagation: Propagation,
    /// How calls to web services are told.
    pub(crate) http_client: HttpClient,
    /// `DD_COLD_START_TRACING`: the `aws.lambda.load` span. Default `true`.
    pub(crate) cold_start_tracing: bool,
    /// `DD_CAPTURE_LAMBDA_PAYLOAD`: events and responses as tags. Default `false`.
    pub(crate) capture_payload: bool,
    /// `DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH`: how far they are taken apart. Default 10.
    pub(crate) capture_depth: usize,
    /// `DD_ENHANCED_METRICS`: metrics about the function itself. Default `true`.
    pub(crate) enhanced_metrics: bool,
    /// Where metrics go: `DD_DOGSTATSD_URL`, else the extension, else the log.
    pub(crate) metrics: Metrics,
    /// `AWS_EXECUTION_ENV` without its prefix, such as `provided.al2023`, else `rust`.
    pub(crate) runtime: String,
    /// `DD_TRACE_AGENT_TIMEOUT_SECONDS`: how long one flush may take. Default one second.
    pub(crate) agent_timeout: Duration,
    /// `DD_APM_FLUSH_DEADLINE_MILLISECONDS`: how long before the deadline an invocation counts as timed out.
    /// Default 100 ms.
    pub(crate) flush_deadline: Duration,
    /// Where traces go.
    pub(crate) destination: Destination,
    /// `AWS_LAMBDA_LOG_FORMAT` is `JSON`.
    #[cfg(feature = "tracing")]
    pub(crate) json_logs: bool,
    /// `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG`, as written.
    #[cfg(feature = "tracing")]
    pub(crate) log_filter: Option<String>,
    /// `DD_LOG_LEVEL` is `debug`, or `DD_TRACE_DEBUG` is true: the library's own debug lines.
    #[cfg(feature = "tracing")]
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

/// Where metrics go, decided once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Metrics {
    /// A DogStatsD server, by UDP.
    DogStatsD(SocketAddr),
    /// One JSON line per value on standard output, for the Datadog Forwarder.
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
        let mut reader = Reader::new(variable);
        let destination = reader.destination(extension);
        let mut tags = reader.pairs("DD_TAGS");
        let mut tag = |name: &str| {
            let at = tags.iter().position(|(known, _)| known == name)?;
            Some(tags.remove(at).1).filter(|value| !value.is_empty())
        };
        let (service, env, version) = (tag("service"), tag("env"), tag("version"));
        let pointers = [
            "DD_TRACE_AWS_ADD_SPAN_POINTERS",
            "DD_BOTOCORE_ADD_SPAN_POINTERS",
        ]
        .map(|name| reader.flag(name, true));
        // What this library says of itself is not for the settings to say.
        tags.retain(|(name, _)| {
            !matches!(name.as_str(), "language" | "runtime-id") && !name.starts_with("_dd.")
        });
        let env = reader.text("DD_ENV").or(env);
        let mut common_tags = Tags::new();
        for (name, value) in &tags {
            common_tags.set(name, value);
        }
        if let Some(env) = &env {
            common_tags.set("env", env);
        }
        common_tags.set("language", "rust");
        Self {
            trace_enabled: reader.flag("DD_TRACE_ENABLED", true),
            dd_service: reader.text("DD_SERVICE").or(service),
            env,
            version: reader.text("DD_VERSION").or(version),
            common_tags,
            managed_services: reader.flag("DD_TRACE_MANAGED_SERVICES", true),
            span_pointers: pointers == [true, true],
            aws: AwsSdk::read(&mut reader),
            schema_v1: reader.schema_v1("DD_TRACE_SPAN_ATTRIBUTE_SCHEMA"),
            service_mapping: reader.mapping("DD_SERVICE_MAPPING"),
            own_service_only: reader
                .flag("DD_TRACE_REMOVE_INTEGRATION_SERVICE_NAMES_ENABLED", false),
            service_representation: reader
                .flag("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", true),
            encode_authorizer_context: reader.flag("DD_ENCODE_AUTHORIZER_CONTEXT", true),
            decode_authorizer_context: reader.flag("DD_DECODE_AUTHORIZER_CONTEXT", true),
            merge_xray_traces: reader.flag("DD_MERGE_XRAY_TRACES", false),
            xray_daemon: reader.xray_daemon(),
            extractor: reader.text("DD_TRACE_EXTRACTOR"),
            #[cfg(feature = "tracing")]
            logs_injection: reader.flag("DD_LOGS_INJECTION", true),
            #[cfg(feature = "tracing")]
            log_128_bit_ids: reader.flag("DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED", true),
            generate_128_bit_ids: reader.flag("DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED", true),
            sampling_rules: reader.sampling_rules(),
            sampling_limit: reader.rate_limit("DD_TRACE_RATE_LIMIT", 100),
            span_sampling_rules: reader.span_sampling_rules(),
            propagation: Propagation::read(&mut reader),
            http_client: HttpClient::read(&mut reader),
            cold_start_tracing: reader.flag("DD_COLD_START_TRACING", true),
            capture_payload: reader.flag("DD_CAPTURE_LAMBDA_PAYLOAD", false),
            capture_depth: reader.number("DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH", 10),
            enhanced_metrics: reader.flag("DD_ENHANCED_METRICS", true),
            metrics: reader.metrics(extension),
            runtime: reader.text("AWS_EXECUTION_ENV").map_or_else(
                || "rust".to_owned(),
                |name| name.trim_start_matches("AWS_Lambda_").to_owned(),
            ),
            agent_timeout: reader.seconds("DD_TRACE_AGENT_TIMEOUT_SECONDS", Duration::from_secs(1)),
            flush_deadline: reader.milliseconds(
                "DD_APM_FLUSH_DEADLINE_MILLISECONDS",
                Duration::from_millis(100),
            ),
            destination,
            #[cfg(feature = "tracing")]
            json_logs: reader
                .text("AWS_LAMBDA_LOG_FORMAT")
                .is_some_and(|format| format.eq_ignore_ascii_case("json")),
            #[cfg(feature = "tracing")]
            log_filter: reader
                .text("AWS_LAMBDA_LOG_LEVEL")
                .or_else(|| reader.text("RUST_LOG")),
            #[cfg(feature = "tracing")]
            debug: reader.flag("DD_TRACE_DEBUG", false)
                || reader
                    .text("DD_LOG_LEVEL")
                    .is_some_and(|level| level.eq_ignore_ascii_case("debug")),
            function_name: reader
                .text("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_else(|| "function".to_owned()),
            initialization_type: reader.text("AWS_LAMBDA_INITIALIZATION_TYPE"),
            problems: reader.into_problems(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], extension: bool) -> Config {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Config::read(
            |name| find(name).map(|(_, value)| (*value).to_owned()),
            extension,
        )
    }

    fn agent(host: &str, port: u16) -> Destination {
        Destination::Agent {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn nothing_set_means_the_defaults() {
        let config = read(&[], false);
        assert!(config.trace_enabled && config.managed_services);
        assert_eq!(config.destination, Destination::Log);
        assert_eq!(config.service(), "function");
        assert_eq!(config.problems, [""; 0]);
    }

    #[test]
    fn traces_go_where_an_agent_is_known_to_be() {
        for (variables, extension, destination) in [
            (&[][..], true, agent("127.0.0.1", 8126)),
            (&[("DD_AGENT_HOST", "agent")], false, agent("agent", 8126)),
            (
                &[("DD_TRACE_AGENT_PORT", "9000")],
                false,
                agent("127.0.0.1", 9000),
            ),
            (
                &[("DD_TRACE_AGENT_URL", "http://[::1]:8127/")],
                true,
                agent("::1", 8127),
            ),
            (
                &[("DD_TRACE_AGENT_URL", "https://agent")],
                false,
                Destination::Log,
            ),
        ] {
            assert_eq!(
                read(variables, extension).destination,
                destination,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn metrics_go_to_a_server_or_the_log() {
        let server = |text: &str| Metrics::DogStatsD(text.parse().unwrap());
        let url = |url: &'static str| [("DD_DOGSTATSD_URL", url)];
        assert_eq!(read(&[], false).metrics, Metrics::Log);
        assert_eq!(read(&[], true).metrics, server("127.0.0.1:8125"));
        for (text, known) in [
            ("udp://10.0.0.1:9125", "10.0.0.1:9125"),
            ("udp://localhost", "127.0.0.1:8125"),
            ("udp://[::1]:9125", "[::1]:9125"),
        ] {
            assert_eq!(read(&url(text), true).metrics, server(known), "{text}");
        }
    }

    #[test]
    fn the_daemon_of_x_ray_has_an_address() {
        let daemon = |text| read(&[("AWS_XRAY_DAEMON_ADDRESS", text)], false).xray_daemon;
        for (text, address) in [
            ("169.254.79.129:2000", "169.254.79.129:2000"),
            ("localhost:2000", "127.0.0.1:2000"),
            ("[::1]:2000", "[::1]:2000"),
        ] {
            assert_eq!(daemon(text), address.parse().ok(), "{text}");
        }
        assert_eq!(read(&[], false).xray_daemon, None);
    }

    #[test]
    fn the_runtime_has_a_name() {
        assert_eq!(read(&[], false).runtime, "rust");
        let known = [("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")];
        assert_eq!(read(&known, false).runtime, "provided.al2023");
    }

    #[test]
    fn a_bad_setting_is_one_line_and_the_default() {
        for (name, value) in [
            ("DD_TRACE_ENABLED", "perhaps"),
            ("DD_TRACE_AGENT_TIMEOUT_SECONDS", "-1"),
            ("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "soon"),
            ("DD_TRACE_AGENT_URL", "agent"),
            ("DD_TRACE_AGENT_PORT", "70000"),
            ("DD_TAGS", "team"),
            ("DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH", "-1"),
            ("DD_TRACE_SAMPLE_RATE", "1.5"),
            ("DD_TRACE_SAMPLE_RATE", "half"),
            ("DD_TRACE_RATE_LIMIT", "few"),
            ("DD_TRACE_SAMPLING_RULES", "[{}]"),
            ("DD_SPAN_SAMPLING_RULES", "0.5"),
            ("DD_SPAN_SAMPLING_RULES_FILE", "/none"),
            ("DD_DOGSTATSD_URL", "http://127.0.0.1:8125"),
            ("DD_DOGSTATSD_URL", "udp://metrics.internal:8125"),
            ("DD_MERGE_XRAY_TRACES", "sometimes"),
            ("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129"),
            ("AWS_XRAY_DAEMON_ADDRESS", "tcp:127.0.0.1:2000"),
        ] {
            let config = read(&[(name, value)], false);
            assert_eq!(config.problems.len(), 1, "{name}");
            assert!(
                config.problems[0].starts_with(&format!("{name}=`{value}`")),
                "{:?}",
                config.problems
            );
            assert!(config.trace_enabled && !config.merge_xray_traces);
            assert_eq!(config.xray_daemon, None);
            assert_eq!(config.agent_timeout, Duration::from_secs(1));
            assert_eq!(config.flush_deadline, Duration::from_millis(100));
            assert_eq!(
                (config.sampling_rules.len(), config.sampling_limit),
                (0, 100.0)
            );
        }
    }

    #[test]
    fn tags_stand_in_for_the_unified_variables() {
        let variables = [
            ("DD_TAGS", "team:shop env:test,service:orders"),
            ("DD_ENV", "prod"),
        ];
        let config = read(&variables, false);
        let tags = [
            ("team", "shop env:test"),
            ("env", "prod"),
            ("language", "rust"),
        ];
        assert!(config.common_tags.texts().eq(tags));
        assert_eq!(config.service(), "orders");
        let config = read(&[("DD_TAGS", "team:shop env:test")], false);
        assert_eq!(config.env.as_deref(), Some("test"));
    }

    #[test]
    fn either_name_of_the_switch_turns_span_pointers_off() {
        let names = [
            "DD_TRACE_AWS_ADD_SPAN_POINTERS",
            "DD_BOTOCORE_ADD_SPAN_POINTERS",
        ];
        assert!(read(&[], false).span_pointers);
        assert!(read(&names.map(|name| (name, "true")), false).span_pointers);
        for name in names {
            assert!(!read(&[(name, "false")], false).span_pointers, "{name}");
        }
    }

    #[test]
    fn the_function_names_the_service_unless_told_otherwise() {
        let name = ("AWS_LAMBDA_FUNCTION_NAME", "Orders");
        let plain = ("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", "false");
        assert_eq!(read(&[name], false).service(), "Orders");
        assert_eq!(read(&[name, plain], false).service(), "aws.lambda");
        assert_eq!(
            read(&[name, plain, ("DD_SERVICE", " shop ")], false).service(),
            "shop"
        );
    }
}
