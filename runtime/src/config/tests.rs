//! How settings are read, and what is said of those that make no sense.

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
