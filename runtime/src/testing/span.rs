//! A span as it was received.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A span as the agent received it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// The 128-bit trace id. Its upper half is the tag `_dd.p.tid` of the first span of the chunk.
    pub trace_id: u128,
    /// The id of this span.
    pub span_id: u64,
    /// The id of the parent span, or 0 if there is none.
    pub parent_id: u64,
    /// The operation name, such as `aws.lambda`.
    pub name: String,
    /// The service.
    pub service: String,
    /// The resource.
    pub resource: String,
    /// The span type, such as `serverless` or `web`. Empty if there is none.
    pub kind: String,
    /// The start, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// The duration, in nanoseconds.
    pub duration: u64,
    /// Whether the span is marked as failed.
    pub error: bool,
    /// The tags with text values.
    pub meta: BTreeMap<String, String>,
    /// The tags with numeric values.
    pub metrics: BTreeMap<String, f64>,
    /// The links, from both the span's own field and its tag `_dd.span_links`.
    pub links: Vec<SpanLink>,
}

impl Span {
    /// Returns the value of a text tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.meta.get(name).map(String::as_str)
    }

    /// Returns the value of a numeric tag.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied()
    }

    /// Returns the end of the span, in nanoseconds since the Unix epoch.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.duration)
    }
}

/// A link from a span to another one, usually of another trace.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SpanLink {
    /// The trace id of the linked span. 0 for a span pointer.
    pub trace_id: u128,
    /// The id of the linked span. 0 for a span pointer.
    pub span_id: u64,
    /// The attributes of the link.
    pub attributes: BTreeMap<String, String>,
    /// The W3C `tracestate` of the linked context. Empty if there is none.
    pub tracestate: String,
    /// The W3C trace flags, if there are any.
    pub flags: Option<u32>,
}

/// The spans of one trace that were sent together.
pub(super) type Chunk = Vec<Span>;

/// Reads chunks from an array of arrays of maps.
pub(super) fn chunks(value: &Value) -> Result<Vec<Chunk>, String> {
    list(value, "the payload")?.iter().map(chunk).collect()
}

fn chunk(value: &Value) -> Result<Chunk, String> {
    let mut spans = list(value, "a chunk")?
        .iter()
        .map(span)
        .collect::<Result<Chunk, _>>()?;
    let upper = match spans.first().and_then(|span| span.tag("_dd.p.tid")) {
        Some(tid) => u64::from_str_radix(tid, 16).map_err(|_| format!("`_dd.p.tid` is `{tid}`"))?,
        None => 0,
    };
    for span in &mut spans {
        span.trace_id |= u128::from(upper) << 64;
    }
    Ok(spans)
}

fn span(value: &Value) -> Result<Span, String> {
    let fields = Fields::new(value, "a span")?;
    let meta = fields.map("meta", |value| value.as_str().map(str::to_owned))?;
    let mut links = links(fields.get("span_links"))?;
    if let Some(tag) = meta.get("_dd.span_links") {
        let tag =
            serde_json::from_str(tag).map_err(|error| format!("`_dd.span_links`: {error}"))?;
        links.extend(self::links(&tag)?);
    }
    Ok(Span {
        trace_id: u128::from(fields.id("trace_id")?),
        span_id: fields.id("span_id")?,
        parent_id: fields.id("parent_id")?,
        name: fields.text("name")?,
        service: fields.text("service")?,
        resource: fields.text("resource")?,
        kind: fields.text("type")?,
        start: fields.integer("start")?,
        duration: fields.integer("duration")?,
        error: fields.integer("error")? != 0,
        meta,
        metrics: fields.map("metrics", Value::as_f64)?,
        links,
    })
}

fn links(value: &Value) -> Result<Vec<SpanLink>, String> {
    list(value, "`span_links`")?.iter().map(link).collect()
}

/// Reads a link, whose trace id is two integers (MessagePack) or 32 hex digits (JSON).
fn link(value: &Value) -> Result<SpanLink, String> {
    let fields = Fields::new(value, "a span link")?;
    let trace_id = match fields.get("trace_id") {
        Value::String(hex) => {
            u128::from_str_radix(hex, 16).map_err(|_| format!("link `trace_id` is `{hex}`"))?
        }
        _ => {
            u128::from(fields.integer("trace_id_high")?) << 64
                | u128::from(fields.integer("trace_id")?)
        }
    };
    let flags = match fields.get("flags") {
        Value::Null => None,
        _ => Some(u32::try_from(fields.integer("flags")?).map_err(|error| error.to_string())?),
    };
    Ok(SpanLink {
        trace_id,
        span_id: fields.id("span_id")?,
        attributes: fields.map("attributes", |value| match value {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })?,
        tracestate: fields.text("tracestate")?,
        flags,
    })
}

/// The fields of a map. Like the extension, it treats both an absent field and null as the default.
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn new(value: &'a Value, what: &str) -> Result<Self, String> {
        value
            .as_object()
            .map(Self)
            .ok_or_else(|| format!("{what} is {value}"))
    }

    fn get(&self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> Result<String, String> {
        match self.get(name) {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            other => Err(format!("`{name}` is {other}, not text")),
        }
    }

    fn integer(&self, name: &str) -> Result<u64, String> {
        match self.get(name) {
            Value::Null => Ok(0),
            other => other
                .as_u64()
                .ok_or_else(|| format!("`{name}` is {other}, not a positive integer")),
        }
    }

    /// An integer, or 16 hex digits.
    fn id(&self, name: &str) -> Result<u64, String> {
        match self.get(name) {
            Value::String(hex) => {
                u64::from_str_radix(hex, 16).map_err(|_| format!("`{name}` is `{hex}`, not an id"))
            }
            _ => self.integer(name),
        }
    }

    fn map<T>(
        &self,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<BTreeMap<String, T>, String> {
        let values = match self.get(name) {
            Value::Null => return Ok(BTreeMap::new()),
            Value::Object(values) => values,
            other => return Err(format!("`{name}` is {other}, not a map")),
        };
        let read = |(key, value): (&String, &Value)| match read(value) {
            Some(value) => Ok((key.clone(), value)),
            None => Err(format!("`{name}` has `{key}` = {value}")),
        };
        values.iter().map(read).collect()
    }
}

pub(super) fn list<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], String> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(values) => Ok(values),
        other => Err(format!("{what} is {other}, not a list")),
    }
}
