//! How settings are read, and what is reported about invalid ones.

use std::time::Duration;

use super::*;

fn read(variables: &[(&str, &str)], extension: bool) -> Config {
    let function = [("AWS_LAMBDA_FUNCTION_NAME", "function")];
    read_exactly(&[variables, &function].concat(), extension)
}

fn read_exactly(variables: &[(&str, &str)], extension: bool) -> Config {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    Config::read(
        |name| find(name).map(|(_, value)| (*value).to_owned()),
        extension,
    )
}

fn at(host: &str, port: u16) -> Address {
    Address::Tcp {
        host: host.to_owned(),
        port,
    }
}

fn agent(host: &str, port: u16) -> Destination {
    Destination::Agent {
        at: at(host, port),
        version: ApiVersion::V04,
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

#[cfg(unix)]
#[test]
fn an_agent_may_have_a_socket_in_the_file_system() {
    let url = |url: &'static str| read(&[("DD_TRACE_AGENT_URL", url)], false);
    let agent = Destination::Agent {
        at: Address::Unix("/var/run/datadog/apm.socket".into()),
        version: ApiVersion::V04,
    };
    let known = url("unix:///var/run/datadog/apm.socket");
    assert_eq!((known.destination, known.problems.len()), (agent, 0));
    let relative = url("unix://apm.socket");
    assert_eq!(
        (relative.destination, relative.problems.len()),
        (Destination::Log, 1)
    );
}

#[test]
fn the_trace_format_has_two_versions() {
    let version = |version| read(&[("DD_TRACE_API_VERSION", version)], true);
    for (text, known) in [("v0.4", ApiVersion::V04), ("v0.5", ApiVersion::V05)] {
        let at = at("127.0.0.1", 8126);
        let agent = Destination::Agent { at, version: known };
        assert_eq!(version(text).destination, agent, "{text}");
    }
}

#[cfg(feature = "otlp")]
mod otlp {
    use super::*;

    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    fn otlp(variables: &[(&str, &str)], extension: bool) -> Otlp {
        let config = read(variables, extension);
        assert_eq!(config.problems, [""; 0]);
        match config.destination {
            Destination::Otlp(server) => server,
            other => panic!("{variables:?}: {other:?}"),
        }
    }

    #[test]
    fn the_most_specific_endpoint_counts() {
        for (variables, host, port, path) in [
            (
                &[("OTEL_TRACES_EXPORTER", "otlp")][..],
                "127.0.0.1",
                4318,
                "/v1/traces",
            ),
            (
                &[(ENDPOINT, "http://collector:80/otlp/")],
                "collector",
                80,
                "/otlp/v1/traces",
            ),
            (&[(TRACES, "http://collector")], "collector", 4318, "/"),
            (
                &[(ENDPOINT, "http://no"), (TRACES, "http://[::1]/in")],
                "::1",
                4318,
                "/in",
            ),
        ] {
            let server = otlp(variables, true);
            assert_eq!(
                (server.at, &*server.path),
                (at(host, port), path),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn an_agent_that_is_named_comes_first_unless_otlp_is_asked_for() {
        let agent = ("DD_AGENT_HOST", "agent");
        let endpoint = (ENDPOINT, "http://collector");
        let named = read(&[agent, endpoint], true).destination;
        assert_eq!(named, self::agent("agent", 8126));
        let asked = otlp(&[agent, endpoint, ("OTEL_TRACES_EXPORTER", "otlp")], true);
        assert_eq!(asked.at, at("collector", 4318));
        assert_eq!(read(&[], true).destination, self::agent("127.0.0.1", 8126));
    }

    #[test]
    fn headers_are_pairs_whose_values_are_never_said() {
        let server = otlp(
            &[
                (TRACES, "http://collector/"),
                (
                    "OTEL_EXPORTER_OTLP_HEADERS",
                    "X-Key = all, x-team=a%20b%2Cc",
                ),
                ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=s3cr3t=="),
            ],
            false,
        );
        let headers = server.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(headers, [("x-team", "a b,c"), ("x-key", "s3cr3t==")]);
        let broken = [("OTEL_EXPORTER_OTLP_HEADERS", "s3cr3t,a=b%0A,a b=c")];
        let problems = read(&broken, false).problems;
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(!problems.concat().contains("s3cr3t"));
        assert!(!format!("{server:?}").contains("s3cr3t"));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (name, value) in [
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            (ENDPOINT, "https://collector"),
            (TRACES, "collector:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ] {
            let config = read(&[(name, value)], false);
            assert_eq!(config.destination, Destination::Log);
            assert_eq!(config.problems.len(), 1, "{name}");
            assert!(config.problems[0].starts_with(&format!("{name}=`{value}` is not ")));
        }
    }
}

#[test]
fn names_of_opentelemetry_stand_in() {
    let names = [
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let config = read(&names, true);
    assert_eq!((config.service(), config.trace_enabled), ("orders", false));
    let own = [("DD_SERVICE", "shop"), ("DD_TRACE_ENABLED", "true")];
    let config = read(&[names, own].concat(), true);
    assert_eq!((config.service(), config.trace_enabled), ("shop", true));
    assert_eq!(config.problems, [""; 0]);
}

#[test]
fn attributes_of_opentelemetry_s_resource_are_tags_unless_datadog_s_settings_say_more() {
    let attributes = (
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.name=orders, deployment.environment=test,service.version=1.2,team=a%2Cb%20c,cell=eu=1,telemetry.sdk.name=x",
    );
    let config = read(&[attributes], false);
    let tags = [
        ("team", "a,b c"),
        ("cell", "eu=1"),
        ("env", "test"),
        ("language", "rust"),
    ];
    assert!(config.common_tags.texts().eq(tags), "{config:?}");
    let version = config.version.as_deref();
    assert_eq!((config.service(), version), ("orders", Some("1.2")));

    let named = ("OTEL_SERVICE_NAME", "named");
    assert_eq!(read(&[attributes, named], false).service(), "named");
    let own = ("DD_TAGS", "service:shop,env:prod,version:2,team:own");
    let config = read(&[attributes, named, own], false);
    let version = config.version.as_deref();
    assert_eq!((config.service(), version), ("shop", Some("2")));
    let team = |(name, _): &(&str, &str)| matches!(*name, "team" | "env");
    let tags = config.common_tags.texts().filter(team);
    assert!(tags.eq([("team", "own"), ("env", "prod")]));

    let both = "deployment.environment.name=new,deployment.environment=old";
    let config = read(&[("OTEL_RESOURCE_ATTRIBUTES", both)], false);
    assert_eq!(config.env.as_deref(), Some("new"));
    for broken in ["team=a,alone", "=x", "team=%ff"] {
        let config = read(&[("OTEL_RESOURCE_ATTRIBUTES", broken)], false);
        assert!(config.common_tags.texts().eq([("language", "rust")]));
        assert_eq!(config.problems.len(), 1, "{broken}");
    }
    assert_eq!(
        read(&[("OTEL_RESOURCE_ATTRIBUTES", " , ")], false).problems,
        [""; 0]
    );
}

#[test]
fn a_program_that_is_no_function_has_an_agent_on_its_host() {
    let off = ("DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED", "false");
    let config = read_exactly(&[off], false);
    assert_eq!(config.destination, agent("127.0.0.1", 8126));
    assert!(matches!(config.metrics, Metrics::DogStatsD(_)));
    assert!(!config.is_function && !config.service().is_empty());
    assert_ne!(config.service(), "aws.lambda");
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
fn a_query_is_told_without_its_secrets_unless_wanted_otherwise() {
    let name = "DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP";
    let set = |value| read(&[(name, value)], false);
    assert_eq!(
        read(&[], false).query_obfuscation,
        QueryObfuscation::Secrets
    );
    assert_eq!(set(" ").query_obfuscation, QueryObfuscation::Off);
    assert_eq!(set(".*").query_obfuscation, QueryObfuscation::All);
    assert!(set("").problems.is_empty() && set(".*").problems.is_empty());
    // What a pattern would hide is hidden with the rest.
    let pattern = set("(?i)pin=[0-9]+");
    assert_eq!(pattern.query_obfuscation, QueryObfuscation::All);
    assert_eq!(pattern.problems.len(), 1);
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
        ("DD_TRACE_API_VERSION", "v0.3"),
        #[cfg(any(
            feature = "aws-sdk",
            feature = "reqwest",
            feature = "tower-http-client"
        ))]
        ("DD_TRACE_SPAN_ATTRIBUTE_SCHEMA", "v2"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("DD_SERVICE_MAPPING", "from:"),
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
fn a_mapping_is_read_pair_by_pair() {
    for (text, known, problems) in [
        ("lambda_sqs: orders", &[("lambda_sqs", "orders")][..], 0),
        (
            "lambda_sqs:order queue",
            &[("lambda_sqs", "order queue")],
            0,
        ),
        (" a : b ,, c:d, a:e", &[("a", "e"), ("c", "d")], 0),
        (
            "lambda_sqs:queues,lambda_sqs:a:b",
            &[("lambda_sqs", "queues")],
            1,
        ),
        (
            "lambda_sqs:queues,lambda_sqs:",
            &[("lambda_sqs", "queues")],
            1,
        ),
        (
            "lambda_sqs:queues,lambda_sqs:lambda_sqs",
            &[("lambda_sqs", "queues")],
            0,
        ),
        ("a:b c:d", &[], 1),
        (":b,a", &[], 2),
        ("", &[], 0),
    ] {
        let config = read(&[("DD_SERVICE_MAPPING", text)], false);
        let mapping = config.service_mapping.iter();
        let pairs = mapping.map(|(from, to)| (from.as_str(), to.as_str()));
        assert!(pairs.eq(known.iter().copied()), "{text}");
        assert_eq!(
            config.problems.len(),
            problems,
            "{text}: {:?}",
            config.problems
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
