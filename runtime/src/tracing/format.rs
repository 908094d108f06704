//! Formats a log line.

use std::borrow::Cow;
use std::fmt::{self, Arguments, Debug, Write};

use ::tracing::field::{Field, Visit};
use ::tracing::{Event, Metadata};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::active::Active;
use crate::config::Config;
use crate::json::write::{self, Object};

#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Json,
    Text,
}

/// Writes an event as a line, with the ids of the span that it belongs to.
pub(super) fn write(
    format: Format,
    line: &mut Vec<u8>,
    metadata: &Metadata<'_>,
    event: &Event<'_>,
    active: Option<&Active>,
) {
    let config = Config::get();
    // Before the first invocation there is neither a trace nor a request.
    let active = active.filter(|active| !active.invocation.is_startup());
    let ids = active
        .filter(|_| config.logs_injection && config.trace_enabled)
        .map(ids);
    match format {
        Format::Json => json(line, metadata, event, active, ids),
        Format::Text => text(line, metadata, event, active, ids),
    }
    line.push(b'\n');
}

/// The correlation ids: names and values.
type Ids = [(&'static str, String); 5];

/// The correlation ids of a span; the value of a missing one is empty.
fn ids(active: &Active) -> Ids {
    let config = Config::get();
    let trace_id = active.head().trace_id;
    let low = trace_id as u64;
    let trace_id = if trace_id >> 64 != 0 && config.log_128_bit_ids {
        format!("{trace_id:032x}")
    } else {
        low.to_string()
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        ("dd.trace_id", trace_id),
        ("dd.span_id", active.span_id.to_string()),
        ("dd.service", config.service().to_owned()),
        ("dd.env", text(&config.env)),
        ("dd.version", text(&config.version)),
    ]
}

fn timestamp() -> String {
    let mut text = String::with_capacity(27);
    // Writing to a string does not fail.
    SystemTime
        .format_time(&mut Writer::new(&mut text))
        .unwrap_or_default();
    text
}

fn json(
    line: &mut Vec<u8>,
    metadata: &Metadata<'_>,
    event: &Event<'_>,
    active: Option<&Active>,
    ids: Option<Ids>,
) {
    line.extend_from_slice(b"{\"timestamp\":\"");
    line.extend_from_slice(timestamp().as_bytes());
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(metadata.level().as_str().as_bytes());
    line.push(b'"');
    let mut members = Members(Object::reopen(line));
    members.0.text("target", metadata.target());
    event.record(&mut members);
    if let Some(context) = active.and_then(|active| active.invocation.context()) {
        members.0.text("requestId", &context.request_id);
    }
    for (name, value) in ids.iter().flatten() {
        if !value.is_empty() {
            members.0.text(name, value);
        }
    }
    members.0.close();
}

/// Writes fields as members of the line.
struct Members<'a>(Object<'a>);

/// The names that a line already uses; a field of the same name gets a prefix.
const TAKEN: [&str; 4] = ["timestamp", "level", "target", "requestId"];

impl Members<'_> {
    fn raw(&mut self, field: &Field, value: Arguments<'_>) {
        if let Some(name) = free_name(field) {
            self.0.raw(&name, value);
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if let Some(name) = free_name(field) {
            self.0.float(&name, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.raw(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.raw(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.raw(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some(name) = free_name(field) {
            self.0.text(&name, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if let Some(name) = free_name(field) {
            let line = self.0.name(&name);
            line.push(b'"');
            // If a value cannot be formatted, what it has written so far remains.
            write!(Escaped(line), "{value:?}").unwrap_or_default();
            line.push(b'"');
        }
    }
}

/// The name of a field on the line; `None` for the fields that the `log` crate adds.
fn free_name(field: &Field) -> Option<Cow<'static, str>> {
    match field.name() {
        name if name.starts_with("log.") => None,
        name if TAKEN.contains(&name) || name.starts_with("dd.") => {
            Some(format!("fields.{name}").into())
        }
        name => Some(name.into()),
    }
}

/// Writes text into an open JSON string.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = self.0.len();
        write::text(self.0, text);
        // Without the quotes.
        self.0.pop();
        self.0.remove(start);
        Ok(())
    }
}

fn text(
    line: &mut Vec<u8>,
    metadata: &Metadata<'_>,
    event: &Event<'_>,
    active: Option<&Active>,
    ids: Option<Ids>,
) {
    let context = active.and_then(|active| active.invocation.context());
    let request_id = context.map_or("", |context| &context.request_id);
    let mut columns = Columns(line);
    columns.put(format_args!(
        "[{}]\t{}\t{request_id}\t",
        metadata.level(),
        timestamp()
    ));
    if let Some(ids) = ids {
        let mut before = "[";
        for (name, value) in &ids {
            if !value.is_empty() {
                columns.put(format_args!("{before}{name}={value}"));
                before = " ";
            }
        }
        columns.put(format_args!("]\t"));
    }
    columns.put(format_args!("{}:", metadata.target()));
    event.record(&mut columns);
}

/// Writes fields as `name=value`, and the message without its name.
struct Columns<'a>(&'a mut Vec<u8>);

impl Columns<'_> {
    fn put(&mut self, text: Arguments<'_>) {
        // If a value cannot be formatted, what it has written so far remains.
        self.write_fmt(text).unwrap_or_default();
    }
}

impl fmt::Write for Columns<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Visit for Columns<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.put(format_args!(" {value}")),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.put(format_args!(" {value:?}")),
            name if name.starts_with("log.") => {}
            name => self.put(format_args!(" {name}={value:?}")),
        }
    }
}
