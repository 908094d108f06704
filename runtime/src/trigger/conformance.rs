//! Events, and what other Datadog libraries sent for them.
//!
//! A fixture holds an event, and the spans that the Python and the Node library made of it, outermost first. Where the
//! two agree, so must this one; where only one sets a tag, the tag must be the same; where they differ, it must be one
//! of the two. `ends` names the span at whose start a span ends.

use super::tests::{read_text, FIXTURES, NOW};
use super::{Ends, Incoming, Inferred};
use crate::propagation::TraceContext;
use crate::span::{Span, SpanLink, Tags};
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
    let spans = |of: &dyn Fn(&str) -> bool| -> Vec<&Value> {
        let all = libraries.iter().flat_map(|spans| spans.iter());
        all.filter(|span| of(span["name"].as_str().unwrap()))
            .collect()
    };
    let lambdas = spans(&|name| name == "aws.lambda");
    let mut tags = incoming.tags.clone();
    if let Some(context) = &incoming.context {
        tags.append(&context.root_tags);
    }
    compare_tags(&format!("{name} aws.lambda"), &lambdas, &tags, differences);

    let services = spans(&|name| name != "aws.lambda");
    let own = |inferred: &Inferred| OWN.contains(&(name, &inferred.span.name));
    if incoming.inferred.iter().any(own) {
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    for service in services.iter().map(|span| span["name"].as_str().unwrap()) {
        if !names.contains(&service) {
            names.push(service);
        }
    }
    let inferred: Vec<&Span> = incoming
        .inferred
        .iter()
        .map(|inferred| &inferred.span)
        .collect();
    assert!(inferred.iter().map(|span| &*span.name).eq(names), "{name}");
    for (at, Inferred { span, ends }) in incoming.inferred.iter().enumerate() {
        let known = spans(&|name| name == span.name);
        let is_one_of = |member: &str, value: Option<&str>| {
            let fits = known.iter().any(|known| known[member].as_str() == value);
            assert!(fits, "{name}: {member} of {} is {value:?}", span.name);
        };
        is_one_of("service", span.service.as_deref());
        is_one_of("resource", span.resource.as_deref());
        is_one_of("type", Some(&span.kind));
        // The libraries compute in floating point.
        let start = known[0]["start"].as_u64().unwrap_or(NOW);
        assert_eq!(
            span.start / 1_000_000,
            (start + 500_000) / 1_000_000,
            "{name}"
        );
        match known[0].get("ends").and_then(Value::as_str) {
            None => {}
            Some("aws.lambda") => assert_eq!(*ends, Ends::BeforeFunction, "{name}"),
            Some(next) => {
                assert_eq!(inferred[at + 1].name, next, "{name}");
                assert_eq!(*ends, Ends::At(inferred[at + 1].start), "{name}");
            }
        }
        compare_tags(name, &known, &span.tags, differences);
        compare_pointers(name, &known, &span.links, differences);
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

/// Spans, tags and pointers that neither library makes or sets there.
const OWN: &[(&str, &str)] = &[
    ("apigw_rest aws.lambda", "http.useragent"),
    ("apigw_rest_no_trace aws.lambda", "http.useragent"),
    ("apigw_http_default_route aws.lambda", "http.useragent"),
    ("function_url aws.lambda", "http.useragent"),
    ("function_url", "http.useragent"),
    ("apigw_rest", "operation_name"),
    ("apigw_rest_no_trace", "operation_name"),
    ("apigw_http_default_route", "operation_name"),
    // Writers hash the bytes of a binary key, not the base64 that events show.
    ("dynamodb_binary_key", "ptr.hash"),
    // The libraries know nothing of Kafka; this is what Datadog's extension makes of it.
    ("msk", "aws.msk"),
    ("msk aws.lambda", "function_trigger.event_source"),
    ("msk aws.lambda", "function_trigger.event_source_arn"),
    ("apigw_rest_authorizer aws.lambda", "http.useragent"),
    ("apigw_rest_authorizer_cached aws.lambda", "http.useragent"),
    ("apigw_rest_authorizer", "operation_name"),
    ("apigw_rest_authorizer_cached", "operation_name"),
    // The span of the authorizer is inferred like any, and it is the API's that called it.
    ("apigw_rest_authorizer", "_dd._inferred_span"),
    ("apigw_rest_authorizer", "dd_resource_key"),
    // It was asked about that route.
    ("apigw_rest_authorizer", "http.route"),
];

fn compare_pointers(
    name: &str,
    known: &[&Value],
    links: &[SpanLink],
    differences: &mut Vec<String>,
) {
    let hash = |link: &SpanLink| {
        let (_, hash) = link.attributes.iter().find(|(key, _)| key == "ptr.hash")?;
        Some(Value::from(hash.as_ref()))
    };
    let ours: Vec<Value> = links.iter().filter_map(hash).collect();
    let same = |known: &&Value| known["pointers"].as_array().map_or(&[][..], Vec::as_slice) == ours;
    if !known.iter().any(same) && !OWN.contains(&(name, "ptr.hash")) {
        differences.push(format!("{name}: points to {ours:?}"));
    }
}

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
