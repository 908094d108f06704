//! What the tests of single services have in common.

use crate::span::{SpanLink, Tags};
use crate::trigger::{Ends, Incoming};
use std::collections::BTreeMap;

/// The one span that is inferred of a service for which nobody waits, apart from what is the same for all of them.
#[derive(Default)]
pub(super) struct Expected<'e> {
    pub(super) name: &'e str,
    pub(super) service: &'e str,
    pub(super) resource: Option<&'e str>,
    /// Nanoseconds since the Unix epoch.
    pub(super) start: u64,
    pub(super) tags: &'e [(&'e str, &'e str)],
    pub(super) numbers: &'e [(&'e str, f64)],
    pub(super) links: &'e [SpanLink],
}

impl Expected<'_> {
    pub(super) fn check(&self, incoming: &Incoming) {
        let [inferred] = incoming.inferred.as_slice() else {
            panic!("{:?}", incoming.inferred);
        };
        let span = &inferred.span;
        assert_eq!(inferred.ends, Ends::BeforeFunction);
        assert_eq!(span.name, self.name);
        assert_eq!(span.service.as_deref(), Some(self.service));
        assert_eq!(span.resource.as_deref(), self.resource);
        assert_eq!(span.kind, "web");
        assert_eq!(span.start, self.start);
        assert_eq!(
            (span.parent_id, span.duration, span.error),
            (0, None, false)
        );
        assert_eq!(span.links, self.links);

        let common = [
            ("_inferred_span.tag_source", "self"),
            ("_inferred_span.synchronicity", "async"),
            ("operation_name", self.name),
            ("span.kind", "server"),
            ("request_id", "7b2a1f5e-2c1b-4b6b-9a0e-0f1e2d3c4b5a"),
        ];
        let resource = self.resource.map(|resource| ("resource_names", resource));
        let expected = common.iter().chain(&resource).chain(self.tags).copied();
        assert_eq!(texts(&span.tags), expected.collect());
        let expected = [("_dd._inferred_span", 1.0)];
        let expected = expected.iter().chain(self.numbers).copied();
        assert_eq!(numbers(&span.tags), expected.collect());
    }
}

fn texts(tags: &Tags) -> BTreeMap<&str, &str> {
    tags.texts().collect()
}

fn numbers(tags: &Tags) -> BTreeMap<&str, f64> {
    tags.numbers().collect()
}

/// Checks the tags for `aws.lambda`: where the event comes from.
pub(super) fn check_trigger(incoming: &Incoming, source: &str, arn: Option<&str>) {
    let mut expected = Tags::new();
    expected.set("function_trigger.event_source", source);
    if let Some(arn) = arn {
        expected.set("function_trigger.event_source_arn", arn);
    }
    assert_eq!(incoming.tags, expected);
    assert!(!incoming.http);
}

/// Checks that an event says nothing.
pub(super) fn check_nothing(incoming: &Incoming) {
    assert_eq!(incoming.context, None);
    assert_eq!(incoming.tags, Tags::new());
    assert_eq!(incoming.links, []);
    assert!(incoming.inferred.is_empty(), "{:?}", incoming.inferred);
}

/// The `_datadog` of a producer.
pub(super) fn carrier(trace_id: u64, parent_id: u64) -> serde_json::Value {
    serde_json::json!({
        "x-datadog-trace-id": trace_id.to_string(),
        "X-Datadog-Parent-Id": parent_id,
        "x-datadog-sampling-priority": "1"
    })
}
