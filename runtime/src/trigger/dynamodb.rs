//! Amazon DynamoDB streams. Records carry no context; pointers lead to the items they are about.

use super::arn;
use super::batch::Batch;
use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::nanos_of_seconds;
use super::{Event, Source};
use crate::json::{Entries, Items, Json, Str};
use crate::propagation::decode_base64;
use crate::span::pointer::{self, Key};
use crate::span::{SpanLink, Tags};
use std::borrow::Cow;

pub(super) struct Table<'a> {
    first: Record<'a>,
    others: Items<'a>,
}

impl<'a> Source<'a> for Table<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let batch = event.batch_of("aws:dynamodb")?;
        Some(Self {
            first: Record::first(batch),
            others: batch.others.clone(),
        })
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "dynamodb", self.first.arn.as_deref());
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let record = &self.first;
        let arn = record.arn.as_deref();
        let table = record.table();
        let event_name = record.event_name.as_deref();
        let inference = Inference {
            name: "aws.dynamodb",
            kind: "web",
            service: ServiceName::of(table, "lambda_dynamodb", "dynamodb"),
            resource: match (event_name, table) {
                (Some(event_name), Some(table)) => Some([event_name, " ", table].concat()),
                (event_name, table) => table.or(event_name).map(str::to_owned),
            },
            start: record.created,
            ends: Ends::BeforeFunction,
            resource_key: arn.map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "tablename", table);
        set(tags, "event_source_arn", arn);
        set(tags, "event_id", record.event_id.as_deref());
        set(tags, "event_name", event_name);
        set(tags, "event_version", record.event_version.as_deref());
        set(tags, "stream_view_type", record.view_type.as_deref());
        if let Some(size) = record.size {
            tags.push_number("size_bytes", size);
        }
        vec![inferred]
    }

    fn pointers(&self) -> impl Iterator<Item = SpanLink> {
        let others = self.others.clone().each(Record::read);
        let others = others.filter_map(|record| record.pointer());
        self.first.pointer().into_iter().chain(others)
    }
}

/// The name in `arn:..:table/{name}/stream/{time}`.
pub(crate) fn table_of_arn(arn: &str) -> Option<&str> {
    arn::behind(arn, ":table/")
}

/// One record of a batch.
#[derive(Default)]
pub(super) struct Record<'a> {
    pub(super) arn: Option<Cow<'a, str>>,
    pub(super) event_id: Option<Cow<'a, str>>,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub(super) event_name: Option<Cow<'a, str>>,
    pub(super) event_version: Option<Cow<'a, str>>,
    pub(super) view_type: Option<Cow<'a, str>>,
    /// Nanoseconds since the Unix epoch.
    pub(super) created: Option<u64>,
    /// In bytes.
    pub(super) size: Option<f64>,
    /// The primary key of the item, with typed values such as `{"S": ".."}`.
    key: Option<Json<'a>>,
}

impl<'a> Record<'a> {
    pub(super) fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"dynamodb" => {
                    members.walk(|members| members.for_each(|member| read.change(member)))
                }
                _ => read.add((name, value)),
            }
        }
        read
    }

    /// The first record, whose members are known already.
    fn first(batch: &Batch<'a>) -> Self {
        let mut read = Self::default();
        batch.members.iter().for_each(|member| read.add(*member));
        batch.inside.iter().for_each(|member| read.change(*member));
        read
    }

    fn add(&mut self, (name, value): (Str<'a>, Json<'a>)) {
        match name.raw() {
            b"eventSourceARN" => self.arn = value.as_str(),
            b"eventID" => self.event_id = value.as_text(),
            b"eventName" => self.event_name = value.as_str(),
            b"eventVersion" => self.event_version = value.as_text(),
            _ => {}
        }
    }

    fn change(&mut self, (name, value): (Str<'a>, Json<'a>)) {
        match name.raw() {
            b"ApproximateCreationDateTime" => self.created = nanos_of_seconds(value),
            b"Keys" => self.key = Some(value),
            b"SizeBytes" => self.size = value.as_f64(),
            b"StreamViewType" => self.view_type = value.as_str(),
            _ => {}
        }
    }

    pub(super) fn table(&self) -> Option<&str> {
        table_of_arn(self.arn.as_deref()?)
    }

    /// The pointer to the item that was written or deleted.
    pub(super) fn pointer(&self) -> Option<SpanLink> {
        if !matches!(self.event_name.as_deref()?, "INSERT" | "MODIFY" | "REMOVE") {
            return None;
        }
        let attributes = self.key?.entries();
        // One more than a key can have, so that too many are noticed.
        let attributes = attributes.take(3).map(|(name, value)| {
            let key: Key<'_> = (name.decode()?, key_bytes(value)?);
            Some(key)
        });
        let key: Vec<_> = attributes.collect::<Option<_>>()?;
        pointer::dynamodb_item(pointer::UPSTREAM, self.table()?, &key)
    }
}

/// The value of a key as its writer hashes it: for a binary one the bytes, which events contain as base64.
pub(crate) fn key_bytes(value: Json<'_>) -> Option<Cow<'_, [u8]>> {
    let (kind, value) = value.entries().next()?;
    let text = value.as_text()?;
    match (kind.raw(), text) {
        (b"B", text) => decode_base64(text.as_bytes()).map(Cow::Owned),
        (b"S" | b"N", Cow::Borrowed(text)) => Some(Cow::Borrowed(text.as_bytes())),
        (b"S" | b"N", Cow::Owned(text)) => Some(Cow::Owned(text.into_bytes())),
        _ => None,
    }
}
