//! Trace headers in JSON: the `_datadog` of payloads, message attributes and envelopes.

use super::{extract, ContextObject, Headers, Nested, TraceContext};
use crate::json::Json;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::Engine as _;

/// How deeply carriers may be nested in strings and attributes.
const LEVELS: u8 = 4;

/// Extracts the context from a carrier: an object of headers, a string with such an object, or a message attribute such
/// as `{"dataType": "String", "stringValue": ".."}` or `{"Type": "Binary", "Value": ".."}`. Instead of headers, it may
/// hold the context object of Step Functions.
pub(crate) fn extract_json(carrier: Json<'_>) -> Option<TraceContext> {
    extract_level(carrier, LEVELS)
}

/// Decodes base64, with or without padding.
pub(crate) fn decode_base64(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    static ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
    ENGINE.decode(text).ok()
}

fn extract_level(carrier: Json<'_>, levels: u8) -> Option<TraceContext> {
    let levels = levels.checked_sub(1)?;
    if let Some(text) = carrier.as_str() {
        return extract_level(Json::new(text.as_bytes()), levels);
    }
    let mut headers = Headers::default();
    let mut attribute = Attribute::default();
    let mut may_be_state = false;
    for (name, value) in carrier.entries() {
        headers.add(name.raw(), || value.as_text());
        attribute.add(name.raw(), value);
        may_be_state |= matches!(name.raw(), b"Execution" | b"Payload" | b"_datadog");
    }
    // First, because a context object may have some of the headers, but not that of the parent.
    let state = || ContextObject::find(&Nested::default(), &|name| carrier.get(name));
    if let Some(state) = may_be_state.then(state).flatten() {
        return Some(state.context());
    }
    extract(&headers).or_else(|| attribute.extract(levels))
}

/// A typed value of SQS or SNS. The names of its members differ between services and their SDKs.
#[derive(Default)]
struct Attribute<'a> {
    kind: Option<Json<'a>>,
    string: Option<Json<'a>>,
    binary: Option<Json<'a>>,
    /// `Value`, which is a string or binary depending on the type.
    value: Option<Json<'a>>,
}

impl<'a> Attribute<'a> {
    fn add(&mut self, name: &[u8], value: Json<'a>) {
        let (known, slot): (&[u8], _) = match name.len() {
            4 => (b"type", &mut self.kind),
            5 => (b"value", &mut self.value),
            8 => (b"datatype", &mut self.kind),
            11 if name[0] | 0x20 == b's' => (b"stringvalue", &mut self.string),
            11 => (b"binaryvalue", &mut self.binary),
            _ => return,
        };
        if name.eq_ignore_ascii_case(known) {
            *slot = Some(value);
        }
    }

    fn extract(&self, levels: u8) -> Option<TraceContext> {
        let kind = self.kind.and_then(|kind| kind.as_str()).unwrap_or_default();
        // A custom label may follow the type: `Binary.gzip`.
        let value_is_binary = kind.starts_with("Binary");
        let string = self.string.or(self.value.filter(|_| !value_is_binary));
        let binary = self.binary.or(self.value.filter(|_| value_is_binary));
        string
            .and_then(|string| extract_level(string, levels))
            .or_else(|| {
                let bytes = decode_base64(binary?.as_str()?.as_bytes())?;
                extract_level(Json::new(&bytes), levels)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace_id(json: &str) -> Option<u128> {
        extract_json(Json::new(json.as_bytes())).map(|context| context.trace_id())
    }

    #[test]
    fn carriers_come_in_many_wrappings() {
        for json in [
            r#"{"x-datadog-trace-id": "7"}"#,
            r#"{"X-Datadog-Trace-Id": 7}"#,
            r#""{\"x-datadog-trace-id\": \"7\"}""#,
            r#"{"DataType": "String", "StringValue": "{\"x-datadog-trace-id\": \"7\"}"}"#,
            r#"{"dataType": "String.json", "stringValue": "{\"x-datadog-trace-id\": 7}"}"#,
            r#"{"Type": "String", "Value": "{\"x-datadog-trace-id\": \"7\"}"}"#,
            r#"{"Type": "Binary", "Value": "eyJ4LWRhdGFkb2ctdHJhY2UtaWQiOiI3In0="}"#,
            r#"{"dataType": "Binary.label", "binaryValue": "eyJ4LWRhdGFkb2ctdHJhY2UtaWQiOiI3In0"}"#,
        ] {
            assert_eq!(trace_id(json), Some(7), "{json}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for json in [
            "",
            "null",
            "7",
            "{}",
            "[]",
            r#""not json""#,
            r#"{"x-datadog-trace-id": 0}"#,
            r#"{"x-datadog-trace-id": 7.5}"#,
            r#"{"x-datadog-trace-id": null}"#,
            r#"{"stringValue": "{\"x-datadog-trace-id\":"}"#,
            r#"{"Type": "Binary", "Value": "%%%"}"#,
            r#"{"Type": "Binary", "Value": "bm90IGpzb24="}"#,
            r#""\"\\\"\\\\\\\"{}\\\\\\\"\\\"\"""#,
        ] {
            assert_eq!(trace_id(json), None, "{json}");
        }
    }
}
