//! The event of one invocation.

use super::arn::FunctionArn;
use super::batch::Batch;
use super::http::{HttpHeaders, RequestContext};
use super::kafka;
use crate::config::Config;
use crate::json::{find_any, Entries, Json, Needle};
use crate::propagation::Nested;

/// The event of one invocation, with what is needed to interpret it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) context: &'a lambda_runtime::Context,
    pub(crate) config: &'a Config,
    /// Nanoseconds since the Unix epoch, for services whose events contain no time.
    pub(crate) now: u64,
    /// `requestContext`, which the HTTP services share.
    pub(super) request: Option<RequestContext<'a>>,
    /// The headers of a request: single values, or else lists of values.
    pub(super) headers: HttpHeaders<'a>,
    /// The records, of any service that sends batches.
    pub(super) batch: Option<Batch<'a>>,
    /// Members that may be part of a Step Functions context object.
    pub(super) nested: Nested<'a>,
    function: Option<FunctionArn<'a>>,
    /// The members of the event, up to the last one of AWS events, which can be large. Beyond the number of members that
    /// such events have, only those that matter in any event.
    members: Vec<(&'a [u8], Json<'a>)>,
    /// The members after the records.
    rest: Entries<'a>,
}

/// Every member that matters wherever it is has one of these in its name, or in a name within or beside it: the context
/// object of a state machine always has an `Execution`.
const LATE: [Needle; 4] = [
    Needle::new("datadog", b"og"),
    // Of single values, and of lists.
    Needle::new("eaders\"", b"s\""),
    Needle::new("\"request", b"\"r"),
    Needle::new("Execution", b"Ex"),
];

impl<'a> Event<'a> {
    /// More members than the event of any AWS service has.
    const INDEXED: usize = 24;

    /// The event in the JSON text `body`; `now` is in nanoseconds since the Unix epoch.
    #[inline]
    pub(crate) fn new(
        body: &'a [u8],
        context: &'a lambda_runtime::Context,
        config: &'a Config,
        now: u64,
    ) -> Self {
        let mut event = Self {
            context,
            config,
            now,
            request: None,
            headers: HttpHeaders::default(),
            batch: None,
            nested: Nested::default(),
            function: FunctionArn::read(&context.invoked_function_arn),
            members: Vec::with_capacity(Self::INDEXED),
            rest: Json::new(&[]).entries(),
        };
        event.read(Json::new(body).entries());
        event
    }

    fn read(&mut self, mut rest: Entries<'a>) {
        let mut has_headers = false;
        while let Some(key) = rest.next_name() {
            if key.raw() == b"body" && self.is_all_but_body() {
                break;
            }
            let Some(value) = rest.value() else { break };
            if self.members.len() >= Self::INDEXED && !self.is_late(key.raw()) {
                continue;
            }
            self.members.push((key.raw(), value));
            match key.raw() {
                b"requestContext" if value.is_object() => {
                    let request = self.request.insert(RequestContext::default());
                    rest.walk(|members| request.read(members));
                }
                b"headers" => {
                    if has_headers {
                        self.headers = HttpHeaders::default();
                    }
                    has_headers = rest.walk(|members| self.headers.read(members));
                }
                b"Records" => {
                    self.batch = Batch::read(value);
                    self.rest = rest;
                    break;
                }
                // The first name begins like those of a context object, unlike those of headers.
                name @ (b"Execution" | b"_datadog" | b"Payload")
                    if matches!(value.rest(), [b'{', b'"', b'A'..=b'Z' | b'_', ..])
                        && self.has_once(name) =>
                {
                    self.nested.add(name, &mut rest);
                }
                b"records" if self.is_all_but_records() => break,
                b"detail" if self.is_envelope() => break,
                _ if self.members.len() == Self::INDEXED
                    && self.get("Execution").is_none()
                    && find_any(value.rest(), LATE).is_none() =>
                {
                    break;
                }
                _ => {}
            }
        }
        self.headers.lists = self.get("multiValueHeaders");
        if !has_headers {
            if let Some(lists) = self.headers.lists.take() {
                self.headers.read(&mut lists.entries());
            }
        }
    }

    /// Whether all members of a Kafka event but the last, the records, have been read.
    fn is_all_but_records(&self) -> bool {
        let source = self.get("eventSource");
        let has = |name| self.get(name).is_some();
        // Clusters that AWS does not manage have no ARN.
        source.is_some_and(kafka::is_source) && (has("eventSourceArn") || has("bootstrapServers"))
    }

    fn has_once(&self, name: &[u8]) -> bool {
        let same = self.members.iter().filter(|(key, _)| *key == name);
        same.count() == 1
    }

    /// Whether all members of an HTTP request but its body have been read. AWS puts nothing about the request after that.
    fn is_all_but_body(&self) -> bool {
        let has = |name| self.get(name).is_some();
        let has_line = has("rawPath") || has("path") && has("httpMethod");
        let has_headers = has("headers") || has("multiValueHeaders");
        self.request.is_some() && has_line && has_headers
    }

    /// Whether all members of an EventBridge event but the last, the detail, have been read.
    fn is_envelope(&self) -> bool {
        ["detail-type", "source", "time", "resources"]
            .iter()
            .all(|name| self.get(name).is_some())
    }

    /// Whether a member beyond the first ones may hold a context, and is the first of its name.
    fn is_late(&self, name: &[u8]) -> bool {
        let late = matches!(
            name,
            b"_datadog"
                | b"headers"
                | b"multiValueHeaders"
                | b"requestContext"
                | b"request"
                | b"Payload"
                | b"Execution"
                | b"State"
                | b"StateMachine"
                | b"RootExecutionId"
                | b"serverless-version"
                | b"x-datadog-trace-id"
                | b"x-datadog-tags"
        );
        late && !self.members.iter().any(|(known, _)| *known == name)
    }

    /// A member of an AWS event. Members after the records are not searched, since a batch can be large.
    pub(super) fn get(&self, name: &str) -> Option<Json<'a>> {
        let found = self.members.iter().find(|(key, _)| *key == name.as_bytes());
        found.map(|(_, value)| *value)
    }

    /// A member of any event, even after the records.
    pub(super) fn find(&self, name: &str) -> Option<Json<'a>> {
        let rest = || self.rest.clone().find(|(key, _)| key.is(name));
        self.get(name).or_else(|| rest().map(|(_, value)| value))
    }

    /// The records, if the first one comes from `source`.
    pub(super) fn batch_of(&self, source: &str) -> Option<&Batch<'a>> {
        let batch = self.batch.as_ref();
        batch.filter(|batch| batch.source().is_some_and(|name| name.is(source)))
    }

    /// Whether the first record names an AWS service as its source. Then no other member need be checked for one.
    pub(super) fn is_batch_of_aws(&self) -> bool {
        let source = self
            .batch
            .as_ref()
            .and_then(|batch| batch.source()?.decode());
        source.is_some_and(|source| source.starts_with("aws:"))
    }

    /// The ARN of the invoked function, for what the event does not say about its source.
    pub(super) fn function(&self) -> Option<FunctionArn<'a>> {
        self.function
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;

    #[test]
    fn headers_count_wherever_they_stand() {
        let others: String = (0..30)
            .map(|number| format!(r#""m{number}": 0, "#))
            .collect();
        let event = format!(r#"{{{others}"headers": {{"x-datadog-trace-id": "7"}}}}"#);
        let context = read_text(&event, &[]).context;
        assert_eq!(context.map(|context| context.trace_id()), Some(7));
    }

    #[test]
    fn what_has_no_trace_hides_nothing() {
        let event =
            r#"{"headers": {"baggage": "user.id=ada"}, "_datadog": {"x-datadog-trace-id": "7"}}"#;
        let context = read_text(event, &[]).context.unwrap();
        assert_eq!(context.trace_id(), 7);
        assert_eq!(context.baggage.get("user.id"), Some("ada"));
    }

    #[test]
    fn a_context_is_found_behind_any_number_of_members() {
        for count in [0, 1, 23, 24, 25, 300] {
            let other = |number: u32| format!(r#""m{number}": {{"_datadog": 1}}, "#);
            let others: String = (0..count).map(other).collect();
            let event =
                format!(r#"{{{others}"_datadog": {{"x-datadog-trace-id": "7"}}, "_datadog": 8}}"#);
            let context = read_text(&event, &[]).context;
            assert_eq!(
                context.map(|context| context.trace_id()),
                Some(7),
                "{event}"
            );
        }
    }

    #[test]
    fn the_members_of_an_envelope_may_stand_in_any_order() {
        let members = [
            r#""detail-type": "kind""#,
            r#""source": "orders""#,
            r#""time": "2025-01-01T00:00:00Z""#,
            r#""detail": {"_datadog": {"x-datadog-trace-id": "7"}}"#,
        ];
        for first in 0..members.len() {
            let mut members = members;
            members.rotate_left(first);
            let event = format!("{{{}}}", members.join(", "));
            let incoming = read_text(&event, &[]);
            let source = incoming.tags.text("function_trigger.event_source_arn");
            assert_eq!(source, Some("orders"), "{event}");
            assert_eq!(
                incoming.context.map(|context| context.trace_id()),
                Some(7),
                "{event}"
            );
            assert_eq!(
                incoming.inferred[0].span.start, 1_735_689_600_000_000_000,
                "{event}"
            );
        }
    }
}
