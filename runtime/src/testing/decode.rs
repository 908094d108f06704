//! Decoding spans: two versions of MessagePack for the agent, JSON for the log.

use serde_json::{Map, Number, Value};

use super::span::{self, list, Chunk};

/// Decodes the body of a `/v0.4/traces` request; the error says what is wrong with it.
pub(super) fn from_v04(body: &[u8]) -> Result<Vec<Chunk>, String> {
    span::chunks(&from_msgpack(body)?)
}

/// Decodes the body of a `/v0.5/traces` request: a string table, and chunks of arrays that refer to it by index.
pub(super) fn from_v05(body: &[u8]) -> Result<Vec<Chunk>, String> {
    let payload = from_msgpack(body)?;
    let [texts, chunks] = list(&payload, "the payload")? else {
        return Err("the payload is not texts and chunks".to_owned());
    };
    let texts = list(texts, "the texts")?;
    if texts.first() != Some(&Value::from("")) {
        return Err("the first text is not the empty one".to_owned());
    }
    let named = |chunk| {
        let spans = list(chunk, "a chunk")?.iter();
        let spans: Result<Vec<Value>, String> = spans.map(|span| with_names(span, texts)).collect();
        Ok(Value::Array(spans?))
    };
    let chunks = list(chunks, "the chunks")?.iter().map(named);
    span::chunks(&Value::Array(chunks.collect::<Result<_, String>>()?))
}

/// Converts a span of version 0.5 into the form of version 0.4.
fn with_names(span: &Value, texts: &[Value]) -> Result<Value, String> {
    const NAMES: [&str; 12] = [
        "service",
        "name",
        "resource",
        "trace_id",
        "span_id",
        "parent_id",
        "start",
        "duration",
        "error",
        "meta",
        "metrics",
        "type",
    ];
    let text = |place: &Value| {
        let place = place.as_u64().and_then(|place| usize::try_from(place).ok());
        let text = place.and_then(|place| texts.get(place));
        text.cloned()
            .ok_or_else(|| format!("there is no text {place:?}"))
    };
    let fields = list(span, "a span")?;
    if fields.len() != NAMES.len() {
        return Err(format!("a span has {} fields", fields.len()));
    }
    let field = |(name, value): (&str, &Value)| {
        let value = match name {
            "service" | "name" | "resource" | "type" => text(value)?,
            "meta" | "metrics" => {
                let tag = |(key, value): (&String, &Value)| {
                    let key: u64 = key.parse().map_err(|_| format!("`{key}` as a key"))?;
                    let key = text(&key.into())?;
                    let value = if name == "meta" {
                        text(value)?
                    } else {
                        value.clone()
                    };
                    Ok((key.as_str().unwrap_or_default().to_owned(), value))
                };
                let tags = value
                    .as_object()
                    .ok_or_else(|| format!("`{name}` is {value}"))?;
                Value::Object(tags.iter().map(tag).collect::<Result<_, String>>()?)
            }
            _ => value.clone(),
        };
        Ok((name.to_owned(), value))
    };
    let fields = NAMES.into_iter().zip(fields).map(field);
    Ok(Value::Object(fields.collect::<Result<_, String>>()?))
}

fn from_msgpack(mut body: &[u8]) -> Result<Value, String> {
    let value = rmpv::decode::read_value(&mut body).map_err(|error| error.to_string())?;
    if !body.is_empty() {
        return Err(format!("{} bytes after the end", body.len()));
    }
    to_json(value)
}

/// Decodes a log line `{"traces":[..]}`; `None` for any other line.
pub(super) fn from_log_line(line: &str) -> Option<Result<Vec<Chunk>, String>> {
    if !line.starts_with("{\"traces\"") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    Some(span::chunks(line.get("traces")?))
}

/// Converts to JSON, the common form of all encodings.
fn to_json(value: rmpv::Value) -> Result<Value, String> {
    Ok(match value {
        rmpv::Value::Nil | rmpv::Value::Ext(..) => Value::Null,
        rmpv::Value::Boolean(value) => Value::Bool(value),
        rmpv::Value::Integer(value) => match (value.as_u64(), value.as_i64()) {
            (Some(value), _) => value.into(),
            (None, Some(value)) => value.into(),
            (None, None) => Value::Null,
        },
        rmpv::Value::F32(value) => Number::from_f64(value.into()).into(),
        rmpv::Value::F64(value) => Number::from_f64(value).into(),
        rmpv::Value::String(value) => match value.into_str() {
            Some(text) => Value::String(text),
            None => return Err("text that is not UTF-8".to_owned()),
        },
        rmpv::Value::Binary(bytes) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        rmpv::Value::Array(values) => {
            Value::Array(values.into_iter().map(to_json).collect::<Result<_, _>>()?)
        }
        rmpv::Value::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                match key {
                    rmpv::Value::String(key) => {
                        map.insert(key.into_str().unwrap_or_default(), to_json(value)?)
                    }
                    rmpv::Value::Integer(key) => map.insert(key.to_string(), to_json(value)?),
                    other => return Err(format!("{other} as a key")),
                };
            }
            Value::Object(map)
        }
    })
}
