//! Vectors of propagation: headers that come in, and what must be true of the trace and of the headers that go out.
//!
//! A file is a list of vectors. Most of them are a request: `inbound_headers` under an environment, what is to be found
//! of them (`expect`), and what a child span sends on (`outbound_headers_expected`). Those of the kind `sampling` are
//! about a root span of their own, those of the kinds `rate` and `ksr_format` about a trace id or a rate alone. See
//! `check` for what can be asserted.

mod check;
mod pattern;
mod run;

pub use check::failures;
pub use run::{runs, Run};

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One case.
#[derive(Clone, Debug, Deserialize)]
pub struct Vector {
    /// Its name, which is unique.
    pub name: String,
    kind: Kind,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    inbound_headers: Vec<(String, String)>,
    /// The root span, and baggage that is set in it.
    #[serde(default)]
    span: Root,
    /// Of the kind `rate`.
    trace_id_low_dec: Option<String>,
    /// Of the kind `ksr_format`.
    rate: Option<f64>,
    #[serde(default)]
    expect: Map<String, Value>,
    #[serde(default)]
    outbound_headers_expected: BTreeMap<String, Vec<Assertion>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Propagate,
    Inject,
    Sampling,
    Rate,
    KsrFormat,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Root {
    name: Option<String>,
    service: Option<String>,
    resource: Option<String>,
    meta: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    baggage: BTreeMap<String, String>,
    trace_id_low_dec: Option<String>,
}

/// Something that must be true of a header.
#[derive(Clone, Debug, Deserialize)]
struct Assertion {
    op: String,
    #[serde(default)]
    value: Value,
}

/// What was seen of a vector.
#[derive(Clone, Debug)]
pub struct Seen {
    trace_id: u128,
    /// The span that sends the headers.
    span_id: u64,
    parent_id: Option<u64>,
    priority: Option<i32>,
    origin: Option<String>,
    tags: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    baggage: BTreeMap<String, String>,
    links: Vec<Value>,
    headers: BTreeMap<String, String>,
}

/// The vectors in a file.
///
/// # Panics
/// If it cannot be read.
pub fn vectors(path: &str) -> Vec<Vector> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
