//! Text after what is needed costs nothing; where every record is searched for a context, one search.

use super::*;
use crate::json::counted;

/// The bytes that are scanned while an event is read.
fn passed(event: &str, settings: &[(&str, &str)]) -> usize {
    counted::bytes(|| drop(read_text(event, settings)))
}

/// The text of a fixture as AWS writes it, with its members in their order.
fn text(name: &str) -> String {
    let (_, fixture) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    let fixture: Box<serde_json::value::RawValue> = serde_json::from_str(fixture).unwrap();
    fixture.get().to_owned()
}

/// The event with its first `place` replaced.
fn with(event: &str, place: &str, new: &str) -> String {
    assert!(event.contains(place), "{place} in {event}");
    event.replacen(place, new, 1)
}

/// Text, JSON in text, brackets.
fn large(bytes: usize) -> String {
    r#"The \"order\": [{ is on its way; "#.repeat(bytes / 30)
}

#[test]
fn the_body_of_a_request_is_not_looked_at() {
    for (name, body) in [
        ("apigw_rest", r#""body": null"#),
        ("apigw_http_default_route", r#""isBase64Encoded": false"#),
        ("function_url", r#""body": "{}""#),
    ] {
        let event = text(name);
        let cost = |bytes| {
            let body_of = |text: &str| format!(r#""body": "{text}""#);
            passed(&with(&event, body, &body_of(&large(bytes))), &[])
        };
        assert_eq!(cost(100), cost(1_000_000), "{name}");
    }
    let balanced = |bytes| {
        let request =
            r#"{"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "headers": "#;
        let body = large(bytes);
        let event = format!(r#"{request}{}, "body": "{body}"}}"#, headers(7, 8));
        assert_eq!(ids(&read_text(&event, &[])), Some((7, 8)));
        passed(&event, &[])
    };
    assert_eq!(balanced(100), balanced(1_000_000));
}

#[test]
fn members_behind_a_context_are_not_looked_at() {
    let cost = |bytes| {
        let detail = json!({"_datadog": headers(7, 8)}).to_string();
        let detail = with(
            &detail,
            "}}",
            &format!(r#"}}, "note": "{}"}}"#, large(bytes)),
        );
        let envelope =
            r#"{"detail-type": "t", "source": "s", "time": "", "resources": [], "detail": "#;
        let event = [envelope, &detail, "}"].concat();
        assert_eq!(ids(&read_text(&event, &[])), Some((7, 8)));
        passed(&event, &[])
    };
    assert_eq!(cost(100), cost(1_000_000));
}

#[test]
fn the_input_of_an_execution_is_passed_over_once() {
    let event = |bytes: usize| {
        let input = format!(r#"{{"lines": [{}0]}}"#, r#"{"a": 1}, "#.repeat(bytes / 10));
        let execution = format!(r#""Execution": {{"Id": "arn:e", "Input": {input}}}"#);
        let state = r#""State": {"Name": "s", "EnteredTime": "t"}"#;
        format!("{{{execution}, {state}}}")
    };
    for (before, behind) in [
        ("", ""),
        (r#"{"_datadog": "#, "}"),
        (r#"{"Payload": "#, "}"),
        (r#"{"Payload": {"_datadog": "#, "}}"),
    ] {
        let wrapped = |bytes| [before, &event(bytes), behind].concat();
        let (small, large) = (wrapped(1_000), wrapped(100_000));
        assert!(read_text(&large, &[]).context.is_some(), "{before}");
        let more = passed(&large, &[]) - passed(&small, &[]);
        // One piece at either end.
        assert!(more <= large.len() - small.len() + 128, "{before}: {more}");
    }
}

/// A batch of the first record of a fixture and `count` others without a context.
fn batch_of(name: &str, count: usize) -> String {
    let event = event(name);
    let first = &event["Records"][0];
    let mut other = first.clone();
    if let Some(data) = other.pointer_mut("/kinesis/data") {
        *data = "eyJ2IjogMX0=".into();
    }
    let other = other
        .to_string()
        .replace("_datadog", "company")
        .replace("AWSTraceHeader", "Other");
    let others: Value = serde_json::from_str(&other).unwrap();
    let records = std::iter::once(first.clone()).chain(vec![others; count]);
    batch(records).to_string()
}

#[test]
fn records_without_a_context_are_searched_once() {
    for name in ["sqs_batch3", "sns_binary", "sns_to_sqs", "kinesis"] {
        let (few, many) = (batch_of(name, 10), batch_of(name, 1_000));
        let more = passed(&many, &[]) - passed(&few, &[]);
        assert!(more <= many.len() - few.len(), "{name}: {more}");
    }
    let record = json!({"topic": "orders", "partition": 0, "value": "dmFsdWU=", "headers": []});
    let kafka = |count| {
        json!({"eventSource": "aws:kafka", "eventSourceArn": "", "records": {"orders-0": vec![record.clone(); count]}})
            .to_string()
    };
    let (few, many) = (kafka(10), kafka(1_000));
    let more = passed(&many, &[]) - passed(&few, &[]);
    assert!(more <= many.len() - few.len(), "{more}");
}

#[test]
fn records_are_not_looked_at_unless_links_are_asked_for() {
    let no_pointers = [("DD_TRACE_AWS_ADD_SPAN_POINTERS", "false")];
    for name in ["dynamodb_one_key", "s3_put_two"] {
        let cost = |count| passed(&batch_of(name, count), &no_pointers);
        assert_eq!(cost(10), cost(1_000), "{name}");
    }
    // As many records as links are kept, and one for the parent.
    let cost = |count: u64| {
        let traced = (1..=129).map(|id| sqs::traced(id, id));
        let others = (0..count).map(|_| message("plain"));
        let event = batch(traced.chain(others)).to_string();
        assert_eq!(read_text(&event, &[]).links.len(), 128);
        passed(&event, &[])
    };
    assert_eq!(cost(10), cost(1_000));
}
