//! A log line.

use std::fmt::{Arguments, Debug};
use std::io::Write;

use ::tracing::field::{Field, Visit};
use ::tracing::{Event, Metadata};
use serde::{Serialize, Serializer};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::active::Active;
use crate::config::Config;

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
    let ids = active.filter(|_| Config::get().logs_injection).map(ids);
    match format {
        Format::Json => json(line, metadata, event, active, ids),
        Format::Text => text(line, metadata, event, active, ids),
    }
    line.push(b'\n');
}

/// The correlation ids: names and values.
type Ids = [(&'static str, String); 5];

/// The ids of a span; a name without value is empty.
fn ids(active: &Active) -> Ids {
    let config = Config::get();
    let trace_id = active.invocation.head().trace_id;
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
    let mut members = Members(line);
    members.add("target", metadata.target());
    event.record(&mut members);
    if let Some(active) = active {
        members.add("requestId", &active.invocation.context().request_id);
    }
    for (name, value) in ids.iter().flatten() {
        if !value.is_empty() {
            members.add(name, value);
        }
    }
    line.push(b'}');
}

/// Writes fields as members of a JSON object that is open and not empty.
struct Members<'a>(&'a mut Vec<u8>);

/// The names that a line has already; a field of the same name is set apart by a prefix.
const TAKEN: [&str; 4] = ["timestamp", "level", "target", "requestId"];

impl Members<'_> {
    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let start = self.0.len();
        self.0.push(b',');
        if self
            .value(name)
            .and_then(|()| {
                self.0.push(b':');
                self.value(value)
            })
            .is_err()
        {
            // A value that does not print leaves the line as it was.
            self.0.truncate(start);
        }
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *self.0, value)
    }

    fn field(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        match field.name() {
            name if name.starts_with("log.") => {}
            name if TAKEN.contains(&name) || name.starts_with("dd.") => {
                self.add(&format!("fields.{name}"), value)
            }
            name => self.add(name, value),
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.field(field, &Printed(format_args!("{value:?}")));
    }
}

/// Text that is written as it is formatted.
struct Printed<'a>(Arguments<'a>);

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

fn text(
    line: &mut Vec<u8>,
    metadata: &Metadata<'_>,
    event: &Event<'_>,
    active: Option<&Active>,
    ids: Option<Ids>,
) {
    let request_id = active.map_or("", |active| &active.invocation.context().request_id);
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

/// Writes fields as `name=value`, and the message bare.
struct Columns<'a>(&'a mut Vec<u8>);

impl Columns<'_> {
    fn put(&mut self, text: Arguments<'_>) {
        // Writing to memory fails only if a value does not print; what it printed stays.
        self.0.write_fmt(text).unwrap_or_default();
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
