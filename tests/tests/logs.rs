//! Log lines carry the ids of their trace.

use ddlambda::testing::{Binary, Outcome, Trace};
use ddlambda_tests::{binary, events};
use serde_json::{json, Value};

async fn invoke(function: Binary, which: &str) -> Outcome {
    let lambda = function.start().await;
    lambda.invoke(events::task(json!({ "logs": which }))).await
}

fn json_logs() -> Binary {
    binary!("function").env("AWS_LAMBDA_LOG_FORMAT", "JSON")
}

/// The lines that are JSON.
async fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.logs().await;
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The messages of all lines.
async fn messages(function: Binary, which: &str) -> Vec<String> {
    let outcome = invoke(function, which).await;
    let lines = lines(&outcome).await;
    let messages = lines
        .iter()
        .map(|line| line["message"].as_str().unwrap_or_default().to_owned());
    messages.collect()
}

#[tokio::test]
async fn json_lines_have_the_ids_of_their_span() {
    let function = json_logs()
        .env("DD_SERVICE", "shop")
        .env("DD_ENV", "test")
        .env("DD_VERSION", "7");
    let outcome = invoke(function, "some").await;
    let trace = outcome.trace().await;
    let (root, step) = (trace.span("aws.lambda"), trace.span("step"));
    let lines = lines(&outcome).await;
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, span) in lines.iter().zip([root, step, root]) {
        assert_eq!(line["dd.trace_id"], format!("{:032x}", trace.trace_id()));
        assert_eq!(line["dd.span_id"], span.span_id.to_string());
        assert_eq!(line["dd.service"], "shop");
        assert_eq!(line["dd.env"], "test");
        assert_eq!(line["dd.version"], "7");
        assert_eq!(line["requestId"], outcome.request_id());
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(
            timestamp.len() == 27 && timestamp.ends_with('Z'),
            "{timestamp}"
        );
    }
    let [first, second, third] = &lines[..] else {
        unreachable!()
    };
    assert_eq!(
        (&first["level"], &first["message"]),
        (&json!("INFO"), &json!("in the handler"))
    );
    assert_eq!(
        (&first["order"], &first["target"]),
        (&json!(7), &json!("ddlambda_tests::task::logs"))
    );
    assert_eq!(
        (&second["level"], &second["paid"]),
        (&json!("WARN"), &json!(true))
    );
    assert_eq!(
        (&third["target"], &third["message"]),
        (&json!("legacy"), &json!("by the log crate"))
    );
}

#[tokio::test]
async fn text_lines_have_the_columns_of_lambda() {
    let outcome = invoke(binary!("function"), "some").await;
    let trace = outcome.trace().await;
    let lines = outcome.logs().await;
    let columns: Vec<&str> = lines[0].split('\t').collect();
    let span_id = trace.span("aws.lambda").span_id;
    let ids = format!(
        "[dd.trace_id={:032x} dd.span_id={span_id} dd.service=test-function]",
        trace.trace_id()
    );
    assert_eq!(
        (columns[0], columns[2], columns[3]),
        ("[INFO]", outcome.request_id(), &*ids)
    );
    assert_eq!(
        columns[4],
        "ddlambda_tests::task::logs: in the handler order=7"
    );
    assert_eq!(columns.len(), 5);
    let step = format!("dd.span_id={} ", trace.span("step").span_id);
    assert!(lines[1].starts_with("[WARN]") && lines[1].contains(&step));
    assert!(lines[2].ends_with("\tlegacy: by the log crate"));
}

#[tokio::test]
async fn ids_are_those_of_the_trace_that_is_continued() {
    let lambda = json_logs().start().await;
    let event = events::with(events::rest(), json!({ "logs": "some" }));
    let outcome = lambda.invoke(event).await;
    let line = &lines(&outcome).await[0];
    assert_eq!(line["dd.trace_id"], format!("{:032x}", events::TRACE_ID));
}

#[tokio::test]
async fn levels_are_chosen_by_lambda_or_by_rust_log() {
    let all = ["at error", "at warn", "at info", "at debug", "at trace"];
    for (name, value, count) in [
        ("NONE", "", 3),
        ("AWS_LAMBDA_LOG_LEVEL", "FATAL", 1),
        ("AWS_LAMBDA_LOG_LEVEL", "ERROR", 1),
        ("AWS_LAMBDA_LOG_LEVEL", "WARN", 2),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO", 3),
        ("RUST_LOG", "off,ddlambda_tests=debug", 4),
        ("RUST_LOG", "ddlambda_tests=trace,lambda_runtime=off", 5),
        ("RUST_LOG", "error", 1),
    ] {
        let messages = messages(json_logs().env(name, value), "levels").await;
        assert_eq!(messages, all[..count], "{name}={value}");
    }
    let both = json_logs()
        .env("AWS_LAMBDA_LOG_LEVEL", "WARN")
        .env("RUST_LOG", "trace");
    assert_eq!(messages(both, "levels").await, all[..2]);
}

#[tokio::test]
async fn a_level_that_is_none_is_said_and_info_used() {
    let lambda = json_logs().env("RUST_LOG", "a=b=c").start().await;
    let outcome = lambda
        .invoke(events::task(json!({ "logs": "levels" })))
        .await;
    assert_eq!(outcome.logs().await.len(), 3);
    let logs = lambda.logs();
    let said = logs.iter().filter(|line| line.contains("`a=b=c`"));
    assert_eq!(said.count(), 1, "{logs:?}");
}

#[tokio::test]
async fn awkward_values_leave_the_line_json() {
    let outcome = invoke(json_logs(), "awkward").await;
    let trace = outcome.trace().await;
    let lines = lines(&outcome).await;
    let line = &lines[0];
    assert_eq!(
        (&line["level"], &line["fields.level"]),
        (&json!("INFO"), &json!("mine"))
    );
    assert_eq!(line["requestId"], outcome.request_id());
    assert_eq!(line["fields.requestId"], "mine");
    assert_eq!(line["fields.dd.trace_id"], "mine");
    assert_eq!(line["dd.trace_id"], format!("{:032x}", trace.trace_id()));
    assert_eq!(line["text"], "a \"quoted\"\nline\u{1}");
    assert_eq!(
        (&line["ratio"], &line["list"]),
        (&json!(0.5), &json!("[1, 2]"))
    );
}

#[tokio::test]
async fn a_line_of_text_stays_one_line() {
    let outcome = invoke(binary!("function"), "awkward").await;
    let lines = outcome.logs().await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains(r#"text="a \"quoted\"\nline\u{1}""#),
        "{lines:?}"
    );
}

#[tokio::test]
async fn values_may_log_while_they_are_printed() {
    let outcome = invoke(json_logs(), "chatty").await;
    assert!(outcome.is_ok());
    let trace = outcome.trace().await;
    let span = trace.span("chatty");
    for (name, value) in [("now", "field"), ("later", "record"), ("tag", "tag")] {
        assert_eq!(span.tag(name), Some(value), "{name}");
    }
    assert_eq!(span.tag("error.message"), Some("error"));
    for line in lines(&outcome).await {
        assert_eq!(line["dd.trace_id"], format!("{:032x}", trace.trace_id()));
    }
}

#[tokio::test]
async fn injection_can_be_declined() {
    let outcome = invoke(json_logs().env("DD_LOGS_INJECTION", "false"), "some").await;
    for line in lines(&outcome).await {
        let names = line.as_object().unwrap().keys();
        assert_eq!(
            names.filter(|name| name.starts_with("dd.")).count(),
            0,
            "{line}"
        );
        assert_eq!(line["requestId"], outcome.request_id());
    }
    let outcome = invoke(
        binary!("function").env("DD_LOGS_INJECTION", "false"),
        "some",
    )
    .await;
    assert!(outcome
        .logs()
        .await
        .iter()
        .all(|line| !line.contains("dd.")));
    assert!(!outcome.trace().await.span("step").error);
}

#[tokio::test]
async fn ids_of_64_bits_can_be_asked_for() {
    let function = json_logs().env("DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED", "false");
    let outcome = invoke(function, "some").await;
    let trace = outcome.trace().await;
    assert_ne!(trace.trace_id() >> 64, 0);
    let low = (trace.trace_id() as u64).to_string();
    assert_eq!(lines(&outcome).await[0]["dd.trace_id"], low);
}

#[tokio::test]
async fn ids_that_have_64_bits_are_decimal() {
    let lambda = json_logs().start().await;
    let headers = json!({ "x-datadog-trace-id": "77", "x-datadog-parent-id": "5" });
    let event = json!({ "_datadog": headers, "do": { "logs": "some" } });
    let outcome = lambda.invoke(event).await;
    assert_eq!(lines(&outcome).await[0]["dd.trace_id"], "77");
}

#[tokio::test]
async fn a_subscriber_may_be_made_of_the_parts() {
    let outcome = invoke(binary!("own_subscriber").args(["parts"]), "some").await;
    let trace = outcome.trace().await;
    let logs = outcome.logs().await;
    let id = format!("dd.trace_id={:032x}", trace.trace_id());
    // Records of the `log` crate need a bridge, which the function has not set up.
    assert_eq!(
        logs.iter().filter(|line| line.contains(&id)).count(),
        2,
        "{logs:?}"
    );
    assert_ids(&trace, &logs[1]);
}

/// The line of the span `step`.
fn assert_ids(trace: &Trace, line: &str) {
    let id = format!("dd.span_id={}", trace.span("step").span_id);
    assert!(line.contains(&id), "{line}");
}

#[tokio::test]
async fn a_subscriber_of_the_function_stays() {
    let outcome = invoke(binary!("own_subscriber").args(["spans"]), "some").await;
    let trace = outcome.trace().await;
    trace.assert_parent(trace.span("step"), trace.span("aws.lambda"));
    let logs = outcome.logs().await;
    assert!(
        logs[0].contains("in the handler") && !logs[0].contains("dd."),
        "{logs:?}"
    );

    let outcome = invoke(binary!("own_subscriber"), "some").await;
    let trace = outcome.trace().await;
    assert_eq!(
        (trace.span("aws.lambda").error, trace.find("step")),
        (false, None)
    );
    assert!(outcome.logs().await[0].contains("in the handler"));
}

#[tokio::test]
async fn a_subscriber_without_the_layer_is_said_once() {
    for (kind, traced, count) in [
        ("none", "true", 1),
        ("none", "false", 0),
        ("spans", "true", 0),
        ("parts", "true", 0),
        ("ids", "true", 0),
        ("wrapped", "true", 0),
    ] {
        let function = binary!("own_subscriber").args([kind]);
        let lambda = function.env("DD_TRACE_ENABLED", traced).start().await;
        for _ in 0..2 {
            let outcome = lambda.invoke(events::task(json!({ "logs": "some" }))).await;
            outcome.next_requested().await;
        }
        let logs = lambda.logs();
        let warnings = logs.iter().filter(|line| {
            line.contains("WARN")
                && line.contains("a subscriber without `ddlambda::tracing::layer()`")
        });
        assert_eq!(warnings.count(), count, "{kind}: {logs:?}");
    }
}
