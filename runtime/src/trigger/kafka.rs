//! Apache Kafka: Amazon MSK, and self-managed clusters.

use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::search::Ahead;
use super::tags::{set, tag_source};
use super::time::nanos_of_millis;
use super::{Event, Source};
use crate::json::{find_any_ignore_case, list_end, Entries, Json, Needle, Str, Values};
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
    /// Only for MSK: other clusters have neither an ARN nor a span.
    arn: Option<Cow<'a, str>>,
    is_msk: bool,
    /// The record that the span describes: the first whose headers name a trace, else the first.
    described: Option<Record<'a>>,
    /// The records after that.
    others: Records<'a>,
}

impl<'a> Source<'a> for Cluster<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let source = event
            .get("eventSource")
            .filter(|source| is_source(*source))?;
        let mut records = Records::of(event.get("records").unwrap_or(Json::new(&[])));
        let first = records.read();
        if first
            .as_ref()
            .is_some_and(|first| !first.headers.is_empty())
        {
            records.ahead.remember(records.partition.passed());
        }
        let described = match &first {
            Some(record) if !record.headers.has_trace_id() => records
                .find(|record| record.headers.has_trace_id())
                .or(first),
            _ => first,
        };
        Some(Self {
            arn: event.get("eventSourceArn").and_then(|arn| arn.as_str()),
            is_msk: source.as_str().as_deref() == Some(MSK),
            described,
            others: records,
        })
    }

    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        let others = self.others.clone().filter_map(|record| record.context());
        let described = self.described.as_ref();
        let described = described.and_then(|record| record.context());
        described.into_iter().chain(others)
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        if self.is_msk {
            tag_source(tags, "msk", self.arn.as_deref());
        }
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(record) = self.described.as_ref().filter(|_| self.is_msk) else {
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

/// The records of a batch, grouped by topic and partition.
#[derive(Clone)]
struct Records<'a> {
    partitions: Values<'a>,
    /// The records of the current partition.
    partition: Values<'a>,
    ahead: Ahead<'a>,
}

/// What the names of trace headers begin with.
const HEADERS: [Needle; 5] = [
    Needle::new("\"x-datadog-", b"-d"),
    Needle::new("\"traceparent\"", b"ep"),
    Needle::new("\"baggage\"", b"\"b"),
    Needle::new("\"b3\"", b"\"b"),
    Needle::new("\"x-b3-", b"-b"),
];

impl<'a> Records<'a> {
    fn of(partitions: Json<'a>) -> Self {
        Self {
            partitions: partitions.values(),
            partition: Json::new(&[]).values(),
            ahead: Ahead::new(|text| find_any_ignore_case(text, HEADERS), list_end),
        }
    }

    /// The next record, whether it has trace headers or not.
    fn read(&mut self) -> Option<Record<'a>> {
        self.advance()?;
        Some(self.partition.walk(Record::read))
    }

    fn advance(&mut self) -> Option<Json<'a>> {
        loop {
            let next = self.partition.next();
            if next.is_some() {
                return next;
            }
            self.partitions.pass(&mut self.partition);
            self.partition = self.partitions.next()?.values();
        }
    }
}

/// Yields records for as long as there are trace headers ahead.
impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let rest = self.advance()?.rest();
        if !self.ahead.is_any(rest) {
            return None;
        }
        let record = self.partition.walk(Record::read);
        if !record.headers.is_empty() {
            self.ahead.remember(self.partition.passed());
        }
        Some(record)
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
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"topic" => read.topic = value.as_str(),
                b"partition" => read.partition = value.as_text(),
                b"timestamp" => read.time = nanos_of_millis(value),
                b"headers" => members.walk_values(|headers| read.add_headers(headers)),
                _ => {}
            }
        }
        read
    }

    /// Headers are an array of objects with one member each, since a name may occur more than once.
    fn add_headers(&mut self, headers: &mut Values<'a>) {
        while headers.next().is_some() {
            headers.walk(|header| {
                while let Some((name, value)) = header.next() {
                    let mut behind = None;
                    // Forwarded records have headers of several producers; the first of each name counts.
                    self.headers.add_first(name.raw(), || {
                        let (bytes, rest) = header_bytes(value)?;
                        behind = rest;
                        String::from_utf8(bytes).ok().map(Cow::Owned)
                    });
                    if let Some(behind) = behind {
                        header.resume_at(behind);
                    }
                }
            });
        }
    }

    pub(super) fn context(&self) -> Option<TraceContext> {
        extract(&self.headers)
    }
}

/// The bytes of a header, which are numbers, signed or not, or their texts. Also returns the text after them, if they
/// were read to the end.
fn header_bytes(value: Json<'_>) -> Option<(Vec<u8>, Option<&[u8]>)> {
    if let Some((bytes, behind)) = plain_bytes(value.rest()) {
        return Some((bytes, Some(behind)));
    }
    if value.is_array() {
        return Some((value.items().map(byte).collect::<Option<_>>()?, None));
    }
    if !value.is_object() {
        return None;
    }
    // Instead of an array: the names must be the indices from 0 on, without a gap.
    let mut bytes = vec![0; value.entries().count()];
    for (name, value) in value.entries() {
        *bytes.get_mut(index(name)?)? = byte(value)?;
    }
    Some((bytes, None))
}

/// The bytes in an array of integers without white space, as AWS writes it, and the text after it.
fn plain_bytes(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"[")?;
    let mut bytes = Vec::with_capacity(48);
    loop {
        // The fast path for digits and letters, of which nearly all headers consist.
        let two = |tens: u8, ones: u8| 10 * (tens - b'0') + (ones - b'0');
        match *rest {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b',', ref next @ ..] => {
                bytes.push(two(tens, ones));
                rest = next;
                continue;
            }
            [b'1', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b',', ref next @ ..] => {
                bytes.push(100 + two(tens, ones));
                rest = next;
                continue;
            }
            _ => {}
        }
        let unsigned = rest.strip_prefix(b"-").unwrap_or(rest);
        let (number, behind) = short_number(unsigned)?;
        bytes.push(match unsigned.len() < rest.len() {
            true => i8::try_from(-number).ok()? as u8,
            false => u8::try_from(number).ok()?,
        });
        match behind {
            [b',', next @ ..] => rest = next,
            [b']', behind @ ..] => return Some((bytes, behind)),
            _ => return None,
        }
    }
}

/// Parses a number of one to three digits. Also returns the text after it.
fn short_number(text: &[u8]) -> Option<(i16, &[u8])> {
    let digit = |byte: u8| match byte.wrapping_sub(b'0') {
        value @ 0..=9 => Some(i16::from(value)),
        _ => None,
    };
    let (first, mut rest) = text.split_first()?;
    let mut number = digit(*first)?;
    for _ in 0..2 {
        let [next, behind @ ..] = rest else { break };
        let Some(value) = digit(*next) else { break };
        number = number * 10 + value;
        rest = behind;
    }
    Some((number, rest))
}

fn index(name: Str<'_>) -> Option<usize> {
    name.decode()?.parse().ok()
}

fn byte(value: Json<'_>) -> Option<u8> {
    let number: i64 = value.as_text()?.parse().ok()?;
    let signed = || i8::try_from(number).map(|signed| signed as u8);
    u8::try_from(number).or_else(|_| signed()).ok()
}
