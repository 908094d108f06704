//! Real events, and the spans that they become.
//!
//! A fixture is a file in `tests/conformance`: an event and its circumstances, the spans that the Python and the Node
//! library sent for it, where that is known, and those that are expected of this library. Names that stand for nothing,
//! of APIs, queues and receipts, were changed throughout in some of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ddlambda::testing::{Invocation, Lambda, Span, SpanLink, Trace};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{json, Value};

/// One event, its circumstances, and its spans.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The name of the file.
    #[serde(skip)]
    pub name: String,
    /// The event, byte for byte.
    pub event: Box<RawValue>,
    /// The environment of the function.
    pub env: BTreeMap<String, String>,
    /// By which ARN the function was invoked, if not by that without a qualifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The X-Ray header of the invocation, if not that of all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xray: Option<String>,
    /// What the function responds.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub response: Value,
    /// Whether it fails instead.
    #[serde(default, rename = "raise", skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
    /// What the Python library sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<Vec<Facts>>,
    /// What the Node library sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Vec<Facts>>,
    /// What this library is to send.
    pub expected: Vec<Facts>,
}

/// A span without what differs from run to run: ids are names, times are relative to the invocation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The operation.
    pub name: String,
    service: String,
    resource: String,
    #[serde(rename = "type")]
    kind: String,
    error: u8,
    /// The lower 64 bits, or `<new>`; the upper ones are in `_dd.p.tid`.
    trace_id: Value,
    /// The name of a span of the same invocation, `remote {id}` or `root`.
    parent: String,
    /// Nanoseconds since the Unix epoch, or `<invocation>` for a time within it.
    start: Value,
    /// The same, or `with` or `at start of` another span.
    end: Value,
    meta: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Link {
    trace_id: String,
    span_id: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tracestate: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
}

/// All fixtures, by name.
///
/// # Panics
/// If one cannot be read.
pub fn fixtures() -> Vec<Fixture> {
    let files = fs::read_dir(folder()).expect("the folder of the fixtures");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a fixture that is text");
        let fixture: Result<Fixture, _> = serde_json::from_str(&text);
        let name = path.file_stem().unwrap_or_default();
        Fixture {
            name: name.to_string_lossy().into_owned(),
            ..fixture.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        }
    };
    paths.iter().map(read).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

impl Fixture {
    /// Writes the file anew.
    ///
    /// # Panics
    /// If that does not work.
    pub fn save(&self) {
        let text = serde_json::to_string_pretty(self).expect("a fixture that can be JSON");
        let path = folder().join(&self.name).with_extension("json");
        fs::write(path, text + "\n").expect("a fixture that can be written");
    }

    /// The event, as an invocation of a function that does what its event says.
    pub fn invocation(&self, lambda: &Lambda) -> Invocation {
        let task = match self.fails {
            true => json!({ "fail": "boom" }),
            false => json!({ "respond": self.response }),
        };
        let mut body = self.event.get().trim_end().to_owned();
        body.pop();
        let comma = if body.trim_end().ends_with('{') {
            ""
        } else {
            ","
        };
        body += &format!("{comma}\"do\":{task}}}");
        let invocation = lambda
            .invocation()
            .bytes(body)
            .trace_header(self.xray.as_deref().unwrap_or(XRAY));
        match &self.arn {
            Some(arn) => invocation.arn(arn),
            None => invocation,
        }
    }
}

const XRAY: &str = "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1";

/// When an invocation was under way, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// Before it was sent.
    pub from: u64,
    /// After its spans had arrived.
    pub to: u64,
}

impl Period {
    fn relative(self, time: u64) -> Value {
        match (self.from..=self.to).contains(&time) {
            true => "<invocation>".into(),
            false => time.into(),
        }
    }

    /// Whether the trace began here: then the upper bits of its id tell when.
    fn began(self, trace_id: u128) -> bool {
        let seconds = (trace_id >> 96) as u64;
        (self.from / 1_000_000_000..=self.to / 1_000_000_000).contains(&seconds)
    }
}

/// The spans of an invocation, without the tags in `left_out`.
pub fn facts(
    trace: &Trace,
    period: Period,
    request_id: &str,
    left_out: &BTreeSet<String>,
) -> Vec<Facts> {
    let is_new = period.began(trace.trace_id());
    let text = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "_dd.p.tid" if is_new => "<new>",
            _ if value == request_id => "<request id>",
            _ => value,
        };
        (name.clone(), value.to_owned())
    };
    // The links have them; and what the event says to the function is no part of the event.
    let is_kept = |name: &str| {
        name != "_dd.span_links"
            && name != "function.request.do"
            && !name.starts_with("function.request.do.")
            && !left_out.contains(name)
    };
    let facts = |span: &Span| Facts {
        name: span.name.clone(),
        service: span.service.clone(),
        resource: span.resource.clone(),
        kind: span.kind.clone(),
        error: span.error.into(),
        trace_id: match is_new {
            true => "<new>".into(),
            false => (span.trace_id as u64).into(),
        },
        parent: parent(trace, span),
        start: period.relative(span.start),
        end: end(trace, span, period),
        meta: span
            .meta
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(text)
            .collect(),
        metrics: span
            .metrics
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| (name.clone(), *value))
            .collect(),
        links: span.links.iter().map(Link::new).collect(),
    };
    trace.spans().iter().map(facts).collect()
}

fn parent(trace: &Trace, span: &Span) -> String {
    let known = trace
        .spans()
        .iter()
        .find(|other| other.span_id == span.parent_id);
    match (known, span.parent_id) {
        (Some(parent), _) => parent.name.clone(),
        (None, 0) => "root".to_owned(),
        (None, id) => format!("remote {id}"),
    }
}

/// When a span ends, told by others of its trace if it has to do with them.
fn end(trace: &Trace, span: &Span, period: Period) -> Value {
    let function = trace.span("aws.lambda");
    if span.span_id != function.span_id && span.end() == function.end() {
        return "with aws.lambda".into();
    }
    let children = trace.children(span);
    match children.iter().find(|child| child.start == span.end()) {
        Some(child) => format!("at start of {}", child.name).into(),
        None => period.relative(span.end()),
    }
}

impl Link {
    fn new(link: &SpanLink) -> Self {
        Self {
            trace_id: format!("{:032x}", link.trace_id),
            span_id: format!("{:016x}", link.span_id),
            attributes: link.attributes.clone(),
            tracestate: link.tracestate.clone(),
            flags: link.flags,
        }
    }
}

impl Facts {
    /// All facts under the names that the table of differences has for them: tags in backticks, the others as they are.
    pub fn named(&self) -> BTreeMap<String, Value> {
        let fields = [
            ("service", json!(self.service)),
            ("resource", json!(self.resource)),
            ("type", json!(self.kind)),
            ("error", json!(self.error)),
            ("trace id", self.trace_id.clone()),
            ("parent", json!(self.parent)),
            ("start", self.start.clone()),
            ("end", self.end.clone()),
            ("links", json!(self.links)),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        let texts = self.meta.iter().map(|(name, value)| (name, json!(value)));
        let numbers = self
            .metrics
            .iter()
            .map(|(name, value)| (name, json!(value)));
        let tags = texts
            .chain(numbers)
            .map(|(name, value)| (format!("`{name}`"), value));
        fields.into_iter().chain(tags).collect()
    }
}
