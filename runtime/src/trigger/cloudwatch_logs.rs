//! Amazon CloudWatch Logs subscriptions: compressed log lines.

use super::tags::tag_source;
use super::{Event, Source};
use crate::json::Json;
use crate::propagation::decode_base64;
use crate::span::Tags;
use memchr::memchr;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{decompress_with_limit, DecompressorOxide};

pub(super) struct Subscription<'a> {
    data: Option<Json<'a>>,
}

impl<'a> Source<'a> for Subscription<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let logs = event.get("awslogs").filter(Json::is_object)?;
        Some(Self {
            data: logs.get("data"),
        })
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "cloudwatch-logs", self.arn(event));
    }
}

impl<'a> Subscription<'a> {
    fn arn(&self, event: &Event<'a>) -> Option<String> {
        let function = event.function()?;
        let group = log_group(&self.data?.as_str()?)?;
        let (partition, region) = (function.partition, function.region);
        let account = function.account;
        Some(format!(
            "arn:{partition}:logs:{region}:{account}:log-group:{group}"
        ))
    }
}

/// How much text is decompressed: the log group comes before the log lines.
const TEXT: usize = 16 * 1024;

/// How much base64 is decoded, in whole groups of four: compressed text is hardly ever longer than the text.
const DATA: usize = 24 * 1024;

/// The log group in `data`: base64 of gzip of JSON.
fn log_group(data: &str) -> Option<String> {
    let data = decode_base64(data.get(..data.len().min(DATA))?)?;
    let mut text = vec![0; TEXT];
    let (_, _, length) = decompress_with_limit(
        &mut DecompressorOxide::new(),
        deflated(&data)?,
        &mut text,
        0,
        TEXT,
        TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    );
    let group = Json::new(text.get(..length)?).get("logGroup")?;
    group.as_str().map(String::from)
}

/// Skips the header of a gzip file (RFC 1952).
fn deflated(file: &[u8]) -> Option<&[u8]> {
    const HEADER_CRC: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;

    let [0x1f, 0x8b, 8, flags, ..] = *file else {
        return None;
    };
    let mut rest = file.get(10..)?;
    if flags & EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            rest = rest.get(memchr(0, rest)? + 1..)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}
