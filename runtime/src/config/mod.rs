//! Every environment variable that ddlambda reads, read once. Nothing else in the crate calls `std::env`.

#[cfg(feature = "aws-sdk")]
mod aws;
mod destination;
#[cfg_attr(
    not(all(
        any(feature = "reqwest", feature = "tower-http-client"),
        feature = "tracing"
    )),
    allow(dead_code, reason = "what only features need is read all the same")
)]
mod http_client;
mod obfuscation;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(all(test, feature = "aws-sdk", feature = "otlp", feature = "tracing"))]
mod page;
mod propagation;
mod reader;
mod sampling;
mod udp;
mod unified;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use crate::span::Tags;
#[cfg(feature = "aws-sdk")]
pub(crate) use aws::AwsSdk;
use destination::Exporter;
pub(crate) use destination::{Address, ApiVersion, Destination};
#[cfg(any(feature = "reqwest", feature = "tower-http-client"))]
pub(crate) use http_client::HeaderTag;
pub(crate) use http_client::HttpClient;
pub(crate) use obfuscation::QueryObfuscation;
#[cfg(feature = "otlp")]
pub(crate) use otlp::Otlp;
pub(crate) use propagation::{Behavior, Propagation, Style};
use reader::Reader;
pub(crate) use sampling::{Provenance, SamplingRule, SpanRule};
pub(crate) use udp::Metrics;
use unified::Unified;

/// The version of this library, which is sent with every trace.
pub(crate) const LIBRARY_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The settings of the process.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `DD_TRACE_ENABLED`: if off, no spans are created and no context is propagated. Default `true`, unless
    /// `OTEL_TRACES_EXPORTER` is `none`.
    pub(crate) trace_enabled: bool,
    /// `DD_SERVICE`, trimmed; blank counts as unset. Else `OTEL_SERVICE_NAME`, or `service.name` of
    /// `OTEL_RESOURCE_ATTRIBUTES`.
    pub(crate) dd_service: Option<String>,
    /// `DD_ENV`.
    pub(crate) env: Option<String>,
    /// `DD_VERSION`.
    pub(crate) version: Option<String>,
    /// `DD_TAGS`: `key:value` pairs, separated by commas or spaces, for every span; `service`, `env` and `version` among
    /// them stand in for those variables. Includes `OTEL_RESOURCE_ATTRIBUTES`, and other tags that are the same for all
    /// spans.
    pub(crate) common_tags: Tags,
    /// `DD_TRACE_MANAGED_SERVICES`: inferred spans. Default `true`.
    pub(crate) managed_services: bool,
    /// `DD_TRACE_AWS_ADD_SPAN_POINTERS` and `DD_BOTOCORE_ADD_SPAN_POINTERS`: span pointers, unless one of the two is off.
    /// Default `true`.
    pub(crate) span_pointers: bool,
    /// How AWS calls carry the trace context, and what they point to.
    #[cfg(feature = "aws-sdk")]
    pub(crate) aws: AwsSdk,
    /// `DD_TRACE_SPAN_ATTRIBUTE_SCHEMA` is `v1`, not `v0`: the names of client spans. Default `v0`.
    #[cfg(any(
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    pub(crate) schema_v1: bool,
    /// `DD_SERVICE_MAPPING`: `from:to` pairs that rename the services of inferred spans and client spans.
    pub(crate) service_mapping: Vec<(String, String)>,
    /// `DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED`: instance names as services. Default `true`.
    pub(crate) service_representation: bool,
    /// `DD_TRACE_REMOVE_INTEGRATION_SERVICE_NAMES_ENABLED`: inferred spans have the function's service, if that is set.
    /// Default `false`.
    pub(crate) own_service_only: bool,
    /// `DD_ENCODE_AUTHORIZER_CONTEXT`: an authorizer passes its trace context on. Default `true`.
    pub(crate) encode_authorizer_context: bool,
    /// `DD_DECODE_AUTHORIZER_CONTEXT`: read the trace context that an authorizer passed on. Default `true`.
    pub(crate) decode_authorizer_context: bool,
    /// `DD_MERGE_XRAY_TRACES`: X-Ray's segment is the parent, and an event without a context gets X-Ray's trace. Default
    /// `false`.
    pub(crate) merge_xray_traces: bool,
    /// `AWS_XRAY_DAEMON_ADDRESS`: where subsegments are sent. Set by Lambda.
    pub(crate) xray_daemon: Option<SocketAddr>,
    /// `DD_TRACE_EXTRACTOR`: the name of a registered extractor.
    pub(crate) extractor: Option<String>,
    /// `DD_LOGS_INJECTION`: trace and span ids in log lines. Default `true`.
    #[cfg(feature = "tracing")]
    pub(crate) logs_injection: bool,
    /// `DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED`: 32 hex digits in logs, not the low 64 bits in decimal. Default `true`.
    #[cfg(feature = "tracing")]
    pub(crate) log_128_bit_ids: bool,
    /// `DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED`. Default `true`.
    pub(crate) generate_128_bit_ids: bool,
    /// `DD_TRACE_SAMPLING_RULES`, then a rule for everything else with the rate of `DD_TRACE_SAMPLE_RATE`.
    pub(crate) sampling_rules: Vec<SamplingRule>,
    /// `DD_TRACE_RATE_LIMIT`: how many traces per second the rules keep; negative for no limit. Default 100.
    pub(crate) sampling_limit: f64,
    /// `DD_SPAN_SAMPLING_RULES`, else the file `DD_SPAN_SAMPLING_RULES_FILE`: spans to keep of dropped traces.
    pub(crate) span_sampling_rules: Vec<SpanRule>,
    /// How trace context is propagated.
    pub(crate) propagation: Propagation,
    /// How HTTP calls are recorded.
    #[cfg_attr(
        not(any(
            feature = "reqwest",
            feature = "tower-http-client",
            feature = "tracing"
        )),
        allow(dead_code, reason = "it is for what these features add")
    )]
    pub(crate) http_client: HttpClient,
    /// `DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP`: what is hidden in query strings.
    pub(crate) query_obfuscation: QueryObfuscation,
    /// `DD_COLD_START_TRACING`: the `aws.lambda.load` span. Default `true`.
    pub(crate) cold_start_tracing: bool,
    /// `DD_MIN_COLD_START_DURATION`: shorter spans below that one are left out. Default 3 ms.
    pub(crate) min_cold_start_duration: Duration,
    /// `DD_CAPTURE_LAMBDA_PAYLOAD`: events and responses as tags. Default `false`.
    pub(crate) capture_payload: bool,
    /// `DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH`: to which depth they are flattened. Default 10.
    pub(crate) capture_depth: usize,
    /// `DD_ENHANCED_METRICS`: metrics about the function itself. Default `true`.
    pub(crate) enhanced_metrics: bool,
    /// Whether the Datadog Lambda Extension is installed.
    pub(crate) extension: bool,
    /// `AWS_LWA_LAMBDA_RUNTIME_API_PROXY` is set: the extension is a proxy between the function and Lambda, and creates
    /// `aws.lambda` itself.
    pub(crate) lwa_proxy: bool,
    /// Where metrics go: `DD_DOGSTATSD_URL`, else the extension, else the log.
    pub(crate) metrics: Metrics,
    /// `AWS_EXECUTION_ENV` without its prefix, such as `provided.al2023`, else `rust`.
    pub(crate) runtime: String,
    /// `DD_TRACE_AGENT_TIMEOUT_SECONDS`: how long one request with spans may take. Default one second.
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
    /// Whether the process is a function on Lambda: `AWS_LAMBDA_FUNCTION_NAME` is set.
    pub(crate) is_function: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`, else the name of the program.
    pub(crate) function_name: String,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`, such as `on-demand` or `snap-start`.
    pub(crate) initialization_type: Option<String>,
    /// The problems found in the settings, one line each; logged once, when the function starts.
    pub(crate) problems: Vec<String>,
}

/// This file exists if the extension is installed.
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

    /// Reads the settings from `variable`; `extension` says whether the Datadog Lambda Extension is installed.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>, extension: bool) -> Self {
        let mut reader = Reader::new(variable);
        let function_name = reader.text("AWS_LAMBDA_FUNCTION_NAME");
        let is_function = function_name.is_some();
        // In other programs nothing reads traces and metrics from the log.
        let agent = extension || !is_function;
        let exporter = Exporter::read(&mut reader);
        let destination = Destination::read(&mut reader, agent, exporter);
        let unified = Unified::read(&mut reader);
        let pointers = [
            "DD_TRACE_AWS_ADD_SPAN_POINTERS",
            "DD_BOTOCORE_ADD_SPAN_POINTERS",
        ]
        .map(|name| reader.flag(name, true));
        let trace_enabled = reader.flag("DD_TRACE_ENABLED", exporter != Some(Exporter::Nothing));
        Self {
            trace_enabled,
            dd_service: unified.service,
            env: unified.env,
            version: unified.version,
            common_tags: unified.tags,
            managed_services: reader.flag("DD_TRACE_MANAGED_SERVICES", true),
            span_pointers: pointers == [true, true],
            #[cfg(feature = "aws-sdk")]
            aws: AwsSdk::read(&mut reader),
            #[cfg(any(
                feature = "aws-sdk",
                feature = "reqwest",
                feature = "tower-http-client"
            ))]
            schema_v1: reader.schema_v1("DD_TRACE_SPAN_ATTRIBUTE_SCHEMA"),
            service_mapping: reader.mapping("DD_SERVICE_MAPPING"),
            own_service_only: reader
                .flag("DD_TRACE_REMOVE_INTEGRATION_SERVICE_NAMES_ENABLED", false),
            service_representation: reader
                .flag("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", true),
            encode_authorizer_context: reader.flag("DD_ENCODE_AUTHORIZER_CONTEXT", true),
            decode_authorizer_context: reader.flag("DD_DECODE_AUTHORIZER_CONTEXT", true),
            merge_xray_traces: reader.flag("DD_MERGE_XRAY_TRACES", false),
            xray_daemon: udp::xray_daemon(&mut reader),
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
            query_obfuscation: QueryObfuscation::read(&mut reader),
            cold_start_tracing: reader.flag("DD_COLD_START_TRACING", true),
            min_cold_start_duration: reader
                .milliseconds("DD_MIN_COLD_START_DURATION", Duration::from_millis(3)),
            capture_payload: reader.flag("DD_CAPTURE_LAMBDA_PAYLOAD", false) && trace_enabled,
            capture_depth: reader.number("DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH", 10),
            enhanced_metrics: reader.flag("DD_ENHANCED_METRICS", true),
            extension,
            lwa_proxy: reader.text("AWS_LWA_LAMBDA_RUNTIME_API_PROXY").is_some(),
            metrics: Metrics::read(&mut reader, agent),
            runtime: reader.text("AWS_EXECUTION_ENV").map_or_else(
                || "rust".to_owned(),
                |name| name.strip_prefix("AWS_Lambda_").unwrap_or(&name).to_owned(),
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
            is_function,
            function_name: function_name.unwrap_or_else(program),
            initialization_type: reader.text("AWS_LAMBDA_INITIALIZATION_TYPE"),
            problems: reader.into_problems(),
        }
    }

    /// Whether the outcome of an invocation matters: for its trace, or for metrics alone.
    pub(crate) fn observes(&self) -> bool {
        self.trace_enabled || self.enhanced_metrics
    }

    /// Whether the sandbox is restored from a snapshot.
    pub(crate) fn is_snap_start(&self) -> bool {
        self.initialization_type.as_deref() == Some("snap-start")
    }

    /// Whether the startup of the sandbox has a span. Under SnapStart the extension would date the cold start by the
    /// snapshot; managed instances have no cold start; behind the Lambda Web Adapter's proxy the extension creates its own.
    pub(crate) fn traces_cold_start(&self) -> bool {
        let sandbox = self.initialization_type.as_deref();
        self.trace_enabled
            && self.is_function
            && self.cold_start_tracing
            && !self.lwa_proxy
            && !matches!(sandbox, Some("snap-start" | "lambda-managed-instances"))
    }

    /// The service of the root span and of every span without its own.
    pub(crate) fn service(&self) -> &str {
        match &self.dd_service {
            Some(service) => service,
            None if self.service_representation || !self.is_function => &self.function_name,
            None => "aws.lambda",
        }
    }
}

/// The name of the program.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    match &*name {
        "" => "rust".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
