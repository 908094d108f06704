//! Amazon Kinesis Data Streams. The context is a member of each record's data, if that is a JSON object.

use std::borrow::Cow;

use super::super::carrier::{encode_base64, with_context, Context};
use super::super::limits::{base64_length, Limits, MIB};
use super::super::request::{Change, Request};
use super::super::splice::{write_string, Splice};
use super::Service;
use crate::json::Json;
use crate::propagation::decode_base64;
use crate::span::Tags;

pub(super) struct Kinesis;

/// For a record, which is data and partition key. Which limit applies depends on the stream.
const SIZES: Limits = Limits(&[MIB, 10 * MIB]);
/// For all records of a request.
const TOTALS: Limits = Limits(&[5 * MIB, 10 * MIB]);

impl Service for Kinesis {
    fn id(&self) -> &'static str {
        "kinesis"
    }

    fn host(&self) -> Option<&'static str> {
        Some("kinesis")
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        tags.push("messaging.system", "aws_kinesis");
        let name = request.text("StreamName").or_else(|| {
            let arn = request.text("StreamARN")?;
            Some(arn.split_once(":stream/")?.1.to_owned().into())
        })?;
        tags.push("streamname", &name);
        tags.push("aws.kinesis.stream_name", &name);
        Some(name)
    }

    fn carries(&self, operation: &str) -> bool {
        matches!(operation, "PutRecord" | "PutRecords")
    }

    fn inject(
        &self,
        operation: &str,
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> Option<Change> {
        let input = request.json()?;
        match operation {
            "PutRecord" => put(input, std::iter::once(input), context),
            _ => put(input, input.get("Records")?.elements(), context),
        }
    }
}

fn put<'a>(
    input: Json<'a>,
    records: impl Iterator<Item = Json<'a>> + Clone,
    context: &Context<'_>,
) -> Option<Change> {
    let mut splice = Splice::new(input.rest(), 1024);
    let mut total: usize = records.clone().map(size).sum();
    let count = context.entries(records.clone().count());
    for record in records.take(count) {
        let Some(encoded) = record.get("Data") else {
            continue;
        };
        let data = encoded.as_str().and_then(|data| decode_base64(&*data));
        let Some(data) = data.filter(|data| Json::new(data).is_object()) else {
            continue;
        };
        let Some(changed) = with_context(&data, context.json()?) else {
            continue;
        };
        let size = size(record);
        let added = changed.len().saturating_sub(data.len());
        if SIZES.allow(size, size + added) && TOTALS.allow(total, total + added) {
            total += added;
            write_string(splice.replace(encoded), &encode_base64(changed));
        }
    }
    splice.finish().map(Change::Body)
}

/// The size of a record in bytes, as Kinesis counts it.
fn size(record: Json<'_>) -> usize {
    let text = |name| record.get(name).and_then(|value| value.as_str());
    text("Data").map_or(0, |data| base64_length(&data))
        + text("PartitionKey").map_or(0, |key| key.len())
}
