//! Amazon EventBridge: events of the account's own buses, of AWS services and of partners.

use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::{nanos_of_millis, nanos_of_rfc3339};
use super::{Event, Source};
use crate::json::{Json, Members};
use crate::propagation::{extract_json, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;
use std::cell::OnceCell;

pub(super) struct Bus<'a> {
    envelope: Envelope<'a>,
}

impl<'a> Source<'a> for Bus<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let envelope = Envelope::read(|name| event.get(name));
        envelope.detail_type.is_some().then_some(Self { envelope })
    }

    fn context(&self, _: &Event<'a>) -> Option<TraceContext> {
        self.envelope.context()
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        let source = self.envelope.source.as_deref();
        tag_source(tags, "eventbridge", source);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        vec![self.envelope.infer(event, Ends::BeforeFunction)]
    }
}

/// An event as EventBridge delivers it.
pub(super) struct Envelope<'a> {
    source: Option<Cow<'a, str>>,
    detail_type: Option<Cow<'a, str>>,
    time: Option<Json<'a>>,
    detail: Option<Json<'a>>,
    /// The carrier in the detail, found once, since the detail can be large.
    carrier: OnceCell<Option<Json<'a>>>,
}

impl<'a> Envelope<'a> {
    /// Reads an envelope; `member` finds its members by name.
    pub(super) fn read(mut member: impl FnMut(&str) -> Option<Json<'a>>) -> Self {
        Self {
            source: member("source").and_then(|source| source.as_str()),
            detail_type: member("detail-type").and_then(|kind| kind.as_str()),
            time: member("time"),
            detail: member("detail"),
            carrier: OnceCell::new(),
        }
    }

    /// The envelope in the body of a message, if that is one.
    pub(super) fn in_body(body: &mut Members<'a>) -> Option<Self> {
        body.get("detail-type")?;
        let envelope = Self::read(|name| body.get(name));
        let is_whole = envelope.detail_type.is_some() && envelope.source.is_some();
        is_whole.then_some(envelope)
    }

    /// Whether the event comes from a schedule or from EventBridge itself.
    pub(super) fn is_scheduled(&self) -> bool {
        self.source.as_deref() == Some("aws.events")
    }

    /// Whether an AWS service sent the event, or a partner through one.
    pub(super) fn is_of_aws(&self) -> bool {
        self.source
            .as_deref()
            .is_some_and(|source| source.starts_with("aws."))
    }

    /// The event's own data, whose form is up to its source.
    pub(super) fn detail(&self) -> Option<Json<'a>> {
        self.detail
    }

    pub(super) fn context(&self) -> Option<TraceContext> {
        extract_json(self.carrier()?)
    }

    fn carrier(&self) -> Option<Json<'a>> {
        let find = || self.detail?.get("_datadog");
        *self.carrier.get_or_init(find)
    }

    /// The span of the bus, if another service received the event from it. Schedules have none.
    pub(super) fn infer_outer(&self, event: &Event<'_>, ends: Ends) -> Option<Inferred> {
        (!self.is_scheduled()).then(|| self.infer(event, ends))
    }

    fn infer(&self, event: &Event<'_>, ends: Ends) -> Inferred {
        let note = self.carrier().map(Note::read).unwrap_or_default();
        let name = note
            .bus
            .or_else(|| self.source.as_deref().map(str::to_owned));
        let time = || nanos_of_rfc3339(&self.time?.as_str()?);
        let inference = Inference {
            name: "aws.eventbridge",
            kind: "web",
            service: ServiceName {
                specific: name.as_deref(),
                generic: "lambda_eventbridge",
                instance: name.as_deref(),
                fallback: Some("eventbridge"),
            },
            resource: name.clone(),
            start: note.start.or_else(time),
            ends,
            resource_key: None,
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "detail_type", self.detail_type.as_deref());
        inferred
    }
}

/// What producers write beside the trace headers.
#[derive(Default)]
struct Note {
    /// When the event was sent, in nanoseconds since the Unix epoch; the envelope is only exact to the second.
    start: Option<u64>,
    bus: Option<String>,
}

impl Note {
    /// Reads an object of headers, which may be in a string or a message attribute.
    fn read(carrier: Json<'_>) -> Self {
        let attribute = || carrier.get_ignore_case("StringValue")?.as_str();
        match carrier.as_str().or_else(attribute) {
            Some(text) => Self::of(Json::new(text.as_bytes())),
            None => Self::of(carrier),
        }
    }

    fn of(headers: Json<'_>) -> Self {
        // A Step Functions context object says when its state was entered.
        let entered = || nanos_of_rfc3339(&headers.get("State")?.get("EnteredTime")?.as_str()?);
        let start = headers.get_ignore_case("x-datadog-start-time");
        let bus = headers.get_ignore_case("x-datadog-resource-name");
        Self {
            start: start.and_then(nanos_of_millis).or_else(entered),
            bus: bus
                .and_then(|bus| bus.as_str())
                .filter(|bus| !bus.is_empty())
                .map(Cow::into_owned),
        }
    }
}
