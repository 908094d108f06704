//! Events, and what other Datadog libraries sent for them.
//!
//! A fixture holds an event, and the spans that the Python and the Node library made of it. Where the two agree, so
//! must this one; where only one sets a tag, the tag must be the same; where they differ, it must be one of the two.

use super::tests::{read_text, FIXTURES, NOW};
use super::Incoming;
use crate::propagation::TraceContext;
use crate::span::Tags;
use serde_json::Value;
use std::collections::HashMap;

#[test]
fn events_become_the_spans_that_other_libraries_make() {
    let mut differences = Vec::new();
    for (name, fixture) in FIXTURES {
        let fixture: Value = serde_json::from_str(fixture).unwrap();
        let incoming = read_text(
            &fixture["event"].to_string(),
            &[("DD_SERVICE", "my-service")],
        );
        compare(name, &fixture, &incoming, &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(name: &str, fixture: &Value, incoming: &Incoming, differences: &mut Vec<String>) {
    let libraries = [&fixture["python"], &fixture["node"]].map(|spans| spans.as_array().unwrap());
    let spans = |of: fn(&str) -> bool| -> Vec<&Value> {
        let all = libraries.iter().flat_map(|spans| spans.iter());
        all.filter(|span| of(span["name"].as_str().unwrap()))
            .collect()
    };
    let lambdas = spans(|name| name == "aws.lambda");
    let mut tags = incoming.tags.clone();
    if let Some(context) = &incoming.context {
        tags.append(&context.root_tags);
    }
    compare_tags(&format!("{name} aws.lambda"), &lambdas, &tags, differences);

    let services = spans(|name| name != "aws.lambda");
    assert_eq!(
        incoming.inferred.len(),
        usize::from(!services.is_empty()),
        "{name}"
    );
    for (inferred, known) in incoming
        .inferred
        .iter()
        .map(|inferred| &inferred.span)
        .zip(services.first())
    {
        assert_eq!(inferred.name, known["name"].as_str().unwrap(), "{name}");
        assert_eq!(
            inferred.service.as_deref(),
            known["service"].as_str(),
            "{name}"
        );
        assert_eq!(
            inferred.resource.as_deref(),
            known["resource"].as_str(),
            "{name}"
        );
        assert_eq!(inferred.kind, known["type"].as_str().unwrap(), "{name}");
        // The libraries compute in floating point.
        let start = known["start"].as_u64().unwrap_or(NOW);
        assert_eq!(
            inferred.start / 1_000_000,
            (start + 500_000) / 1_000_000,
            "{name}"
        );
        compare_tags(name, &services, &inferred.tags, differences);
    }

    let outermost = services.first().unwrap_or(&lambdas[0]);
    let trace_id = incoming
        .context
        .as_ref()
        .map(|context| context.trace_id() as u64);
    let parent_id = incoming.context.as_ref().map(TraceContext::parent_id);
    let tid = incoming
        .context
        .as_ref()
        .map(|context| format!("{:016x}", context.trace_id() >> 64));
    assert_eq!(
        trace_id,
        outermost.get("trace_id").and_then(Value::as_u64),
        "{name}"
    );
    assert_eq!(
        parent_id,
        outermost.get("parent_id").and_then(Value::as_u64),
        "{name}"
    );
    if let Some(known) = outermost.get("tid").and_then(Value::as_str) {
        assert_eq!(tid.as_deref(), Some(known), "{name}");
    }
}

/// Tags that neither library sets there.
const OWN: &[(&str, &str)] = &[
    ("apigw_rest aws.lambda", "http.useragent"),
    ("apigw_rest_no_trace aws.lambda", "http.useragent"),
    ("apigw_http_default_route aws.lambda", "http.useragent"),
    ("function_url aws.lambda", "http.useragent"),
    ("function_url", "http.useragent"),
    ("apigw_rest", "operation_name"),
    ("apigw_rest_no_trace", "operation_name"),
    ("apigw_http_default_route", "operation_name"),
];

fn compare_tags(name: &str, known: &[&Value], tags: &Tags, differences: &mut Vec<String>) {
    let members = |span: &Value, part: &str| -> Vec<(String, String)> {
        let members = span[part].as_object().unwrap().iter();
        members
            .map(|(key, value)| (key.clone(), tag_text(value)))
            .collect()
    };
    let known: Vec<_> = known
        .iter()
        .flat_map(|span| [members(span, "meta"), members(span, "metrics")].concat())
        .collect();
    let ours: HashMap<&str, String> = tags.printed().into_iter().collect();
    for (key, value) in &known {
        let Some(ours) = ours.get(key.as_str()) else {
            differences.push(format!("{name}: {key} is missing, known as {value}"));
            continue;
        };
        if !known
            .iter()
            .any(|(other, value)| other == key && value == ours)
        {
            differences.push(format!("{name}: {key} is {ours}, known as {value}"));
        }
    }
    for key in ours.keys() {
        if known.iter().all(|(other, _)| other != key) && !OWN.contains(&(name, key)) {
            differences.push(format!("{name}: {key} is set by no other library"));
        }
    }
}

fn tag_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        number => number.as_f64().unwrap().to_string(),
    }
}
