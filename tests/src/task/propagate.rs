//! Telling others of the trace, after it was told things.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use super::context;

/// What the function sets before it responds with the headers of a child span `call`, and with all baggage.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Propagate {
    resource: Option<String>,
    tags: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    baggage: BTreeMap<String, String>,
}

impl Propagate {
    pub(super) async fn perform(self) -> Value {
        if let Some(resource) = self.resource {
            ddlambda::set_resource(resource);
        }
        for (name, value) in self.tags {
            ddlambda::set_tag(name, value);
        }
        for (name, value) in self.metrics {
            ddlambda::set_metric(name, value);
        }
        for (key, value) in self.baggage {
            ddlambda::set_baggage(key, value);
        }
        let child = async { context::active() }.instrument(tracing::info_span!("call"));
        let mut told = child.await;
        let baggage = ddlambda::all_baggage().into_iter();
        told["baggage"] = baggage
            .map(|(key, value)| (key, value.into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        told
    }
}
