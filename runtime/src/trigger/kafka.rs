//! Apache Kafka: Amazon MSK, and clusters that are managed by others.

use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::nanos_of_millis;
use super::{Event, Source};
use crate::json::{Entries, Json, Str};
use crate::propagation::{extract, Headers, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

const MSK: &str = "aws:kafka";

/// Whether the source of an event is Kafka.
pub(super) fn is_source(source: Json<'_>) -> bool {
    let source = source.as_str();
    matches!(source.as_deref(), Some(MSK | "SelfManagedKafka"))
}

pub(super) struct Cluster<'a> {
    /// Only of MSK: elsewhere, a cluster has neither an ARN nor a span.
    arn: Option<Cow<'a, str>>,
    is_msk: bool,
    /// By topic and partition.
    records: Option<Json<'a>>,
}

impl<'a> Source<'a> for Cluster<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let source = event
            .get("eventSource")
            .filter(|source| is_source(*source))?;
        Some(Self {
            arn: event.get("eventSourceArn").and_then(|arn| arn.as_str()),
            is_msk: source.as_str().as_deref() == Some(MSK),
            records: event.get("records"),
        })
    }

    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        self.records().filter_map(|record| record.context())
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        if self.is_msk {
            tag_source(tags, "msk", self.arn.as_deref());
        }
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(record) = self.described().filter(|_| self.is_msk) else {
            return Vec::new();
        };
        let arn = self.arn.as_deref();
        // `arn:..:cluster/{name}/{id}`
        let cluster = arn.and_then(|arn| arn.split('/').nth(1));
        let topic = record.topic.as_deref();
        let inference = Inference {
            name: "aws.msk",
            kind: "web",
            service: ServiceName::of(cluster, "lambda_msk", "msk"),
            resource: topic.map(str::to_owned),
            start: record.time,
            ends: Ends::BeforeFunction,
            resource_key: arn.map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "topic", topic);
        set(tags, "partition", record.partition.as_deref());
        tags.set("event_source", MSK);
        set(tags, "event_source_arn", arn);
        vec![inferred]
    }
}

impl<'a> Cluster<'a> {
    fn records(&self) -> impl Iterator<Item = Record<'a>> {
        let partitions = self.records.into_iter().flat_map(items);
        partitions.flat_map(|partition| {
            let named = partition.entries().map(|(_, record)| record);
            let named = named.map(|record| Record::read(&mut record.entries()));
            partition.elements().each(Record::read).chain(named)
        })
    }

    /// The record that the span tells of: the first with trace headers, else the first.
    fn described(&self) -> Option<Record<'a>> {
        let mut first = None;
        for record in self.records() {
            if !record.headers.is_empty() {
                return Some(record);
            }
            first = first.or(Some(record));
        }
        first
    }
}

/// One record of a batch.
#[derive(Default)]
pub(super) struct Record<'a> {
    pub(super) topic: Option<Cow<'a, str>>,
    pub(super) partition: Option<Cow<'a, str>>,
    /// Nanoseconds since the Unix epoch.
    pub(super) time: Option<u64>,
    headers: Headers<'a>,
}

impl<'a> Record<'a> {
    pub(super) fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        for (name, value) in members {
            match name.raw() {
                b"topic" => read.topic = value.as_str(),
                b"partition" => read.partition = value.as_text(),
                b"timestamp" => read.time = nanos_of_millis(value),
                b"headers" => read.add_headers(value),
                _ => {}
            }
        }
        read
    }

    /// Headers are a list of objects with one member each, since a name may occur more than once.
    fn add_headers(&mut self, headers: Json<'a>) {
        for (name, value) in items(headers).flat_map(|header| header.entries()) {
            // Forwarded records have headers of several producers: the first of each name counts.
            self.headers.add_first(name.raw(), || header_text(value));
        }
    }

    pub(super) fn context(&self) -> Option<TraceContext> {
        extract(&self.headers)
    }
}

/// The items of an array, or of the object that some serialisers make of one, with numbers for names.
fn items<'a>(array: Json<'a>) -> impl Iterator<Item = Json<'a>> {
    let values = array.entries().map(|(_, value)| value);
    array.items().chain(values)
}

/// The text of a header, which comes as bytes: numbers, signed or not, or their texts.
fn header_text<'a>(value: Json<'a>) -> Option<Cow<'a, str>> {
    let bytes: Vec<u8> = if value.is_array() {
        value.items().map(byte).collect::<Option<_>>()?
    } else if !value.is_object() {
        return None;
    } else {
        let numbered = |(name, value): (_, Json<'a>)| Some((index(name)?, byte(value)?));
        let mut bytes: Vec<(u64, u8)> = value.entries().map(numbered).collect::<Option<_>>()?;
        bytes.sort_unstable_by_key(|(index, _)| *index);
        bytes.into_iter().map(|(_, byte)| byte).collect()
    };
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn index(name: Str<'_>) -> Option<u64> {
    name.decode()?.parse().ok()
}

fn byte(value: Json<'_>) -> Option<u8> {
    let number: i64 = value.as_text()?.parse().ok()?;
    let signed = || i8::try_from(number).map(|signed| signed as u8);
    u8::try_from(number).or_else(|_| signed()).ok()
}
