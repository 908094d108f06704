//! Amazon Kinesis data streams.

use super::arn;
use super::batch::Batch;
use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::search::Contexts;
use super::tags::{set, tag_source};
use super::time::nanos_of_seconds;
use super::{Event, Source};
use crate::json::{find_any, has_word, Entries, Items, Json, Needle, Str};
use crate::propagation::{decode_base64, extract_json, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Stream<'a> {
    first: Record<'a>,
    others: Items<'a>,
}

impl<'a> Source<'a> for Stream<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let batch = event.batch_of("aws:kinesis")?;
        Some(Self {
            first: Record::first(batch),
            others: batch.others.clone(),
        })
    }

    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        Contexts::new(
            self.first.context(),
            &self.others,
            |text| find_any(text, DATADOG_IN_BASE64),
            |members| Record::read(members).context(),
        )
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "kinesis", self.first.arn.as_deref());
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let record = &self.first;
        let arn = record.arn.as_deref();
        let stream = arn.and_then(stream_of_arn);
        let inference = Inference {
            name: "aws.kinesis",
            kind: "web",
            service: ServiceName::of(stream, "lambda_kinesis", "kinesis"),
            resource: stream.map(str::to_owned),
            start: record.arrived,
            ends: Ends::BeforeFunction,
            resource_key: arn.map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "streamname", stream);
        set(tags, "shardid", record.shard_id());
        set(tags, "event_source_arn", arn);
        set(tags, "event_id", record.event_id.as_deref());
        set(tags, "event_name", record.event_name.as_deref());
        set(tags, "event_version", record.event_version.as_deref());
        set(tags, "partition_key", record.partition_key.as_deref());
        vec![inferred]
    }
}

/// The name in `arn:..:stream/{name}`; for a consumer, `/consumer/..` follows.
pub(super) fn stream_of_arn(arn: &str) -> Option<&str> {
    arn::behind(arn, ":stream/")
}

/// `_datadog` in base64, which depends on how many bytes precede it.
const DATADOG_IN_BASE64: [Needle; 3] = [
    Needle::new("X2RhdGFkb2", b"X2"),
    Needle::new("9kYXRhZG9n", b"9k"),
    Needle::new("fZGF0YWRvZ", b"fZ"),
];

/// One group of four characters of each, which encodes three bytes.
const DATADOG_GROUPS: [[u8; 4]; 3] = [*b"X2Rh", *b"YXRh", *b"ZGF0"];

/// The length of most carriers in base64.
const TYPICAL_CARRIER: usize = 512;
/// More than a carrier takes.
const LARGE_CARRIER: usize = 4096;

/// Decodes the last members of the object in `encoded`, starting with `_datadog`, which tracers add at its end and which is
/// searched for in the last `length` characters. Returns them as an object; `None` if what is found is not a member of the
/// outermost object, which shows in where the brackets close.
fn last_members(encoded: &[u8], length: usize) -> Option<Vec<u8>> {
    const NAME: Needle = Needle::new("\"_datadog\"", b"_d");
    let last = encoded.len().saturating_sub(length) & !3;
    let mark = last + find_any(&encoded[last..], DATADOG_IN_BASE64)?;
    // The quote before it is in the same group of four or the one before.
    let before = (mark & !3).checked_sub(4)?;
    let mut text = decode_base64(encoded.get(before..)?)?;
    let name = NAME.find(&text)?;
    let separator = name.checked_sub(1)?;
    if text[separator] == b'\\' {
        return None;
    }
    text.drain(..separator);
    text[0] = b'{';
    let object = Json::new(&text).raw();
    let is_all = text[object.len()..].trim_ascii().is_empty();
    let is_member = is_all && Json::new(&text).get("_datadog").is_some();
    is_member.then_some(text)
}

/// One record of a batch.
#[derive(Default)]
pub(super) struct Record<'a> {
    pub(super) arn: Option<Cow<'a, str>>,
    /// `{shard id}:{sequence number}`.
    pub(super) event_id: Option<Cow<'a, str>>,
    pub(super) event_name: Option<Cow<'a, str>>,
    pub(super) event_version: Option<Cow<'a, str>>,
    pub(super) partition_key: Option<Cow<'a, str>>,
    /// Nanoseconds since the Unix epoch.
    pub(super) arrived: Option<u64>,
    /// The data of the producer, in base64.
    data: Option<Json<'a>>,
}

impl<'a> Record<'a> {
    pub(super) fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"kinesis" => {
                    members.walk(|members| members.for_each(|member| read.message(member)))
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
        batch.inside.iter().for_each(|member| read.message(*member));
        read
    }

    fn add(&mut self, (name, value): (Str<'a>, Json<'a>)) {
        match name.raw() {
            b"eventSourceARN" => self.arn = value.as_str(),
            b"eventID" => self.event_id = value.as_str(),
            b"eventName" => self.event_name = value.as_str(),
            b"eventVersion" => self.event_version = value.as_text(),
            _ => {}
        }
    }

    fn message(&mut self, (name, value): (Str<'a>, Json<'a>)) {
        match name.raw() {
            b"partitionKey" => self.partition_key = value.as_text(),
            b"approximateArrivalTimestamp" => self.arrived = nanos_of_seconds(value),
            b"data" => self.data = Some(value),
            _ => {}
        }
    }

    pub(super) fn shard_id(&self) -> Option<&str> {
        self.event_id.as_deref()?.split(':').next()
    }

    /// The context in `_datadog`, if the data is a JSON object.
    pub(super) fn context(&self) -> Option<TraceContext> {
        let encoded = self.data?.string()?;
        // An object, or white space before it, begins with one of these in base64.
        let (b'e' | b'I' | b'C' | b'D') = *encoded.raw().first()? else {
            return None;
        };
        let mut data = last_members(encoded.raw(), TYPICAL_CARRIER);
        if data.is_none() {
            if !encoded.is_escaped() && !has_word(encoded.raw(), DATADOG_GROUPS) {
                return None;
            }
            data = last_members(encoded.raw(), LARGE_CARRIER);
        }
        let data = match data {
            Some(last) => last,
            None => {
                find_any(encoded.raw(), DATADOG_IN_BASE64)?;
                decode_base64(encoded.decode()?.as_bytes())?
            }
        };
        extract_json(Json::new(&data).get("_datadog")?)
    }
}
