//! Amazon S3 event notifications. They carry no context; pointers lead to the objects that were created.

use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::nanos_of_rfc3339;
use super::{Event, Source};
use crate::json::{Entries, Json};
use crate::span::pointer;
use crate::span::{SpanLink, Tags};
use std::borrow::Cow;

pub(super) struct Bucket<'a> {
    records: Json<'a>,
    first: Record<'a>,
}

impl<'a> Source<'a> for Bucket<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let records = event.get("Records")?;
        let first = records.items().next()?;
        // S3-compatible stores name themselves as the source.
        let s3 = || !event.is_batch_of_aws() && first.get("s3").is_some_and(|s3| s3.is_object());
        let first = (event.batch_of("aws:s3").is_some() || s3())
            .then(|| Record::read(&mut first.entries()))?;
        Some(Self { records, first })
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "s3", self.first.arn.as_deref());
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let record = &self.first;
        let bucket = record.bucket.as_deref();
        let inference = Inference {
            name: "aws.s3",
            kind: "web",
            service: ServiceName::of(bucket, "lambda_s3", "s3"),
            resource: bucket.map(str::to_owned),
            start: record.time,
            ends: Ends::BeforeFunction,
            resource_key: record.arn.as_deref().map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "event_name", record.event_name.as_deref());
        set(tags, "bucketname", bucket);
        set(tags, "bucket_arn", record.arn.as_deref());
        set(tags, "object_key", record.key.as_deref());
        set(tags, "object_etag", record.entity_tag.as_deref());
        if let Some(size) = record.size {
            tags.push_number("object_size", size);
        }
        vec![inferred]
    }

    fn pointers(&self) -> impl Iterator<Item = SpanLink> {
        let records = self.records.elements().each(Record::read);
        records.filter_map(|record| record.pointer())
    }
}

/// One record of a batch.
#[derive(Default)]
pub(super) struct Record<'a> {
    /// Such as `ObjectCreated:Put`.
    pub(super) event_name: Option<Cow<'a, str>>,
    /// Nanoseconds since the Unix epoch.
    pub(super) time: Option<u64>,
    pub(super) bucket: Option<Cow<'a, str>>,
    /// The ARN of the bucket.
    pub(super) arn: Option<Cow<'a, str>>,
    /// The key of the object, URL-encoded.
    pub(super) key: Option<Cow<'a, str>>,
    /// In bytes.
    pub(super) size: Option<f64>,
    pub(super) entity_tag: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    pub(super) fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"eventName" => read.event_name = value.as_str(),
                b"eventTime" => read.time = value.as_str().and_then(|time| nanos_of_rfc3339(&time)),
                b"s3" => members.walk(|members| read.change(members)),
                _ => {}
            }
        }
        read
    }

    fn change(&mut self, members: &mut Entries<'a>) {
        while let Some((name, _)) = members.next() {
            match name.raw() {
                b"bucket" => members.walk(|members| self.place(members)),
                b"object" => members.walk(|members| self.object(members)),
                _ => {}
            }
        }
    }

    fn place(&mut self, members: &mut Entries<'a>) {
        for (name, value) in members {
            match name.raw() {
                b"name" => self.bucket = value.as_str(),
                b"arn" => self.arn = value.as_str(),
                _ => {}
            }
        }
    }

    fn object(&mut self, members: &mut Entries<'a>) {
        for (name, value) in members {
            match name.raw() {
                b"key" => self.key = value.as_str(),
                b"size" => self.size = value.as_f64(),
                b"eTag" => self.entity_tag = value.as_str(),
                _ => {}
            }
        }
    }

    /// The pointer to the object, if it was created.
    pub(super) fn pointer(&self) -> Option<SpanLink> {
        if !self.event_name.as_deref()?.starts_with("ObjectCreated:") {
            return None;
        }
        let key = decode_form(self.key.as_deref()?);
        Some(pointer::s3_object(
            pointer::UPSTREAM,
            self.bucket.as_deref()?,
            &key,
            self.entity_tag.as_deref()?,
        ))
    }
}

/// Decodes text that is URL-encoded with `+` for spaces.
pub(crate) fn decode_form(text: &str) -> Cow<'_, [u8]> {
    let mut rest = text.as_bytes();
    if memchr::memchr2(b'+', b'%', rest).is_none() {
        return Cow::Borrowed(rest);
    }
    let mut decoded = Vec::with_capacity(rest.len());
    while let [byte, behind @ ..] = rest {
        let (byte, behind) = match rest {
            [b'+', ..] => (b' ', behind),
            [b'%', high, low, behind @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, behind),
                _ => (b'%', &rest[1..]),
            },
            _ => (*byte, behind),
        };
        decoded.push(byte);
        rest = behind;
    }
    Cow::Owned(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
