//! Reads events for the tests of the services, and compares the results with literals.

use crate::config::Config;
use crate::propagation::TraceContext;
use crate::span::Tags;
use crate::trigger::{read, Ends, Event, Incoming, Inferred};
use serde_json::{json, Map, Value};
use std::collections::HashMap;

/// When the events are read, in nanoseconds since the Unix epoch.
pub(super) const NOW: u64 = 1_800_000_000_000_000_000;

macro_rules! fixtures {
    ($($name:ident)*) => {
        /// One event of each service, by name.
        pub(super) const FIXTURES: &[(&str, &str)] = &[
            $((stringify!($name), include_str!(concat!("../fixtures/", stringify!($name), ".json")))),*
        ];
    };
}

fixtures! {
    alb
    apigw_http_default_route
    apigw_rest
    apigw_rest_authorizer
    appsync
    durable
    dynamodb_one_key
    eventbridge
    eventbridge_to_sqs
    function_url
    kinesis
    msk
    s3_put_two
    sfn_v1_nested
    sns_binary
    sns_to_sqs
    sqs_aws_trace_header_plain_xray
    sqs_batch3
}

/// The event of a fixture.
pub(super) fn event(name: &str) -> Value {
    let (_, fixture) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    serde_json::from_str(fixture).unwrap()
}

/// Trace headers to put into events.
pub(super) fn headers(trace_id: u64, parent_id: u64) -> Value {
    json!({
        "x-datadog-trace-id": trace_id.to_string(),
        "X-Datadog-Parent-Id": parent_id,
        "x-datadog-sampling-priority": "1",
    })
}

fn config(settings: &[(&str, &str)]) -> Config {
    let settings: HashMap<&str, &str> = settings.iter().copied().collect();
    Config::read(
        |name| settings.get(name).map(|value| (*value).to_owned()),
        false,
    )
}

pub(super) fn context() -> lambda_runtime::Context {
    let mut context = lambda_runtime::Context::default();
    context.request_id = "7b2a1f5e-2c1b-4b6b-9a0e-0f1e2d3c4b5a".to_owned();
    context.invoked_function_arn =
        "arn:aws:lambda:us-east-1:123456789012:function:My-Func".to_owned();
    context
}

pub(super) fn read_with(
    event: &str,
    settings: &[(&str, &str)],
    context: &lambda_runtime::Context,
    extracted: Option<TraceContext>,
) -> Incoming {
    let config = config(settings);
    read(
        &Event::new(event.as_bytes(), context, &config, NOW),
        extracted,
    )
}

pub(in crate::trigger) fn read_text(event: &str, settings: &[(&str, &str)]) -> Incoming {
    read_with(event, settings, &context(), None)
}

pub(super) fn read_event(event: &Value) -> Incoming {
    read_text(&event.to_string(), &[])
}

/// The event of a batch.
pub(super) fn batch(records: impl IntoIterator<Item = Value>) -> Value {
    let records: Vec<Value> = records.into_iter().collect();
    json!({ "Records": records })
}

pub(super) fn read_records(records: impl IntoIterator<Item = Value>) -> Incoming {
    read_event(&batch(records))
}

/// The ids of the trace and the parent.
pub(super) fn ids(incoming: &Incoming) -> Option<(u128, u64)> {
    let context = incoming.context.as_ref()?;
    Some((context.trace_id(), context.parent_id()))
}

pub(super) fn link_ids(incoming: &Incoming) -> Vec<(u128, u64)> {
    let links = incoming.links.iter();
    links.map(|link| (link.trace_id, link.span_id)).collect()
}

pub(super) fn tags(tags: &Tags) -> Value {
    let texts = tags.texts();
    let texts = texts.map(|(name, text)| (name.to_owned(), text.into()));
    let numbers = tags.numbers();
    let numbers = numbers.map(|(name, number)| (name.to_owned(), number.into()));
    Value::Object(texts.chain(numbers).collect())
}

/// The tags that say where an event comes from.
pub(super) fn source(name: &str, arn: Option<&str>) -> Value {
    let mut tags = Map::new();
    tags.insert("function_trigger.event_source".to_owned(), name.into());
    if let Some(arn) = arn {
        tags.insert("function_trigger.event_source_arn".to_owned(), arn.into());
    }
    tags.into()
}

/// The inferred spans, without the tags that all of them have.
pub(super) fn spans(incoming: &Incoming) -> Value {
    let last = incoming.inferred.last();
    let waits = last.is_some_and(|inferred| inferred.ends == Ends::WithFunction);
    let synchronicity = if waits { "sync" } else { "async" };
    let span = |Inferred { span, ends }: &Inferred| {
        let mut tags = tags(&span.tags);
        for (name, value) in [
            ("_dd._inferred_span", json!(1.0)),
            ("_inferred_span.synchronicity", json!(synchronicity)),
            ("_inferred_span.tag_source", json!("self")),
            ("operation_name", json!(span.name)),
            ("request_id", json!(context().request_id)),
            ("span.kind", json!("server")),
        ] {
            let found = tags.as_object_mut().unwrap().remove(name);
            assert_eq!(found, Some(value), "{name}");
        }
        let resource = tags.as_object_mut().unwrap().remove("resource_names");
        assert_eq!(resource, span.resource.as_deref().map(Value::from));
        let open = (span.parent_id, span.duration, span.error);
        assert_eq!(open, (0, None, false));
        json!({
            "name": span.name,
            "service": span.service,
            "resource": span.resource,
            "type": span.kind,
            "start": span.start,
            "ends": match ends {
                Ends::WithFunction => json!("with function"),
                Ends::BeforeFunction => json!("before function"),
                Ends::At(time) => json!(time),
            },
            "tags": tags,
        })
    };
    incoming.inferred.iter().map(span).collect()
}

/// The names of the inferred spans.
pub(super) fn names(incoming: &Incoming) -> Vec<&str> {
    let inferred = incoming.inferred.iter();
    inferred.map(|inferred| &*inferred.span.name).collect()
}

/// Whether nothing at all was read.
pub(super) fn is_nothing(incoming: &Incoming) -> bool {
    let Incoming {
        context,
        tags,
        inferred,
        links,
        http,
        durable,
    } = incoming;
    let empty = inferred.is_empty() && links.is_empty() && *tags == Tags::new();
    empty && context.is_none() && !http && !durable
}
