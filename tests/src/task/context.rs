//! Telling others of the trace.

use std::collections::BTreeMap;

use ddlambda::{Carrier, TraceCarrier};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tracing::Instrument;

/// What to tell of.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The headers in the handler and in a child span `call`, each with the id of the span.
    Headers,
    /// What `inject` writes into a header map, and into a payload that derives `TraceCarrier`.
    Inject,
    /// The headers in the handler, after some tags have been set and before others are.
    Between(BTreeMap<String, String>, BTreeMap<String, String>),
}

#[derive(Default, Serialize, TraceCarrier)]
struct Message {
    order: u64,
    #[trace_carrier]
    _datadog: Option<Carrier>,
}

impl Context {
    pub(super) async fn perform(self) -> Value {
        match self {
            Self::Headers => {
                let child = async { active() }.instrument(tracing::info_span!("call"));
                json!({ "handler": active(), "child": child.await })
            }
            Self::Between(before, after) => {
                set_tags(before);
                let headers = ddlambda::trace_headers();
                set_tags(after);
                json!(headers)
            }
            Self::Inject => {
                let mut headers = http::HeaderMap::new();
                ddlambda::inject(&mut headers);
                let headers = headers.iter().map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.to_string(), Value::from(value))
                });
                let mut message = Message {
                    order: 7,
                    ..Message::default()
                };
                ddlambda::inject(&mut message);
                let headers: serde_json::Map<_, _> = headers.collect();
                json!({ "headers": headers, "message": message })
            }
        }
    }
}

pub(super) fn set_tags(tags: BTreeMap<String, String>) {
    for (name, value) in tags {
        ddlambda::set_tag(name, value);
    }
}

/// The headers and the ids of the active span.
pub(super) fn active() -> Value {
    let span = ddlambda::current_span();
    json!({
        "headers": ddlambda::trace_headers(),
        "trace_id": span.trace_id().map(|id| format!("{id:032x}")),
        "span_id": span.span_id(),
    })
}
