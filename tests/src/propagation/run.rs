//! Vectors as invocations of a function.

use std::collections::BTreeMap;

use ddlambda::testing::{Lambda, Outcome, SpanLink, Trace};
use serde_json::{json, Map, Value};

use super::pattern::renamed_rules;
use super::{Kind, Seen, Vector};
use crate::events;

/// One invocation that a vector asks for.
#[derive(Debug)]
pub struct Run<'v> {
    /// The vector.
    pub vector: &'v Vector,
    /// The environment of the function.
    pub env: BTreeMap<String, String>,
    /// In which way the headers come, or under which rate the trace is sampled.
    pub how: String,
    event: Value,
}

/// The invocations that vectors ask for.
pub fn runs(vectors: &[Vector]) -> Vec<Run<'_>> {
    vectors.iter().flat_map(Run::of).collect()
}

impl<'v> Run<'v> {
    fn of(vector: &'v Vector) -> Vec<Self> {
        let task = json!({ "propagate": {
            "resource": vector.span.resource,
            "tags": vector.span.meta,
            "metrics": vector.span.metrics,
            "baggage": vector.span.baggage,
        }});
        let run = |how: &str, event: Value, env| Self {
            vector,
            env,
            how: how.to_owned(),
            event: events::with(event, task.clone()),
        };
        let sampled = |rate: &str, event| {
            let env = [
                ("DD_TRACE_SAMPLE_RATE", rate),
                ("DD_TRACE_RATE_LIMIT", "10000000"),
            ];
            let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
            run(
                rate,
                event,
                env.into_iter().chain(vector.env.clone()).collect(),
            )
        };
        match vector.kind {
            Kind::Propagate | Kind::Inject => vec![
                run("API Gateway", vector.request(), vector.env.clone()),
                run("SQS", vector.message(), vector.env.clone()),
                run("payload", vector.payload(), vector.env.clone()),
            ],
            Kind::Sampling => {
                let id = vector.span.trace_id_low_dec.as_deref();
                vec![run("direct", direct(id), vector.environment_of_root())]
            }
            Kind::Rate => {
                let rates = vector.expect["kept"]
                    .as_object()
                    .into_iter()
                    .flat_map(Map::keys);
                let event = direct(vector.trace_id_low_dec.as_deref());
                rates.map(|rate| sampled(rate, event.clone())).collect()
            }
            Kind::KsrFormat => {
                let rate = vector.rate.unwrap_or_default().to_string();
                vec![sampled(&rate, direct(None))]
            }
        }
    }

    /// Invokes the function.
    ///
    /// # Panics
    /// If it fails, or sends no trace.
    pub async fn send(&self, lambda: &Lambda) -> Seen {
        let outcome = lambda.invoke(&self.event).await;
        Seen::of(&outcome, &outcome.trace().await)
    }
}

impl Vector {
    /// A request by way of API Gateway, which has the last value of each header, and the lists of all.
    fn request(&self) -> Value {
        let mut event = events::rest_without_context();
        let mut lists = Map::new();
        for (name, value) in event["headers"].as_object().into_iter().flatten() {
            lists.insert(name.clone(), json!([value]));
        }
        for (name, value) in &self.inbound_headers {
            event["headers"][name] = json!(value);
            let list = lists.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut().expect("a list").push(json!(value));
        }
        event["multiValueHeaders"] = lists.into();
        event
    }

    /// The headers as a carrier, which has each once.
    fn carrier(&self) -> BTreeMap<&str, String> {
        let mut carrier: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.inbound_headers {
            carrier
                .entry(name)
                .and_modify(|known| *known += &format!(",{value}"))
                .or_insert_with(|| value.clone());
        }
        carrier
    }

    /// The payload of a direct invocation.
    fn payload(&self) -> Value {
        json!({ "_datadog": self.carrier() })
    }

    /// A message of SQS.
    fn message(&self) -> Value {
        let carrier = self.carrier();
        let mut event = events::sqs_batch();
        let records = event["Records"].as_array_mut().expect("records");
        records.truncate(1);
        let attribute = json!({ "dataType": "String", "stringValue": json!(carrier).to_string() });
        records[0]["messageAttributes"] = json!({ "_datadog": attribute });
        event
    }

    /// The environment under which `aws.lambda` is what the vector says of its root.
    fn environment_of_root(&self) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        if let Some(service) = &self.span.service {
            env.insert("DD_SERVICE".to_owned(), service.clone());
        }
        if let (Some(rules), Some(name)) = (env.get_mut("DD_TRACE_SAMPLING_RULES"), &self.span.name)
        {
            *rules = renamed_rules(rules, name);
        }
        env
    }
}

/// An event of no service, with the id of a trace that nothing was decided about.
fn direct(trace_id: Option<&str>) -> Value {
    match trace_id {
        Some(id) => json!({ "_datadog": { "x-datadog-trace-id": id, "x-datadog-parent-id": "1" } }),
        None => json!({}),
    }
}

impl Seen {
    fn of(outcome: &Outcome, trace: &Trace) -> Self {
        let told = outcome.response();
        let (root, function) = (trace.root(), trace.span("aws.lambda"));
        let texts = |value: &Value| -> BTreeMap<String, String> {
            serde_json::from_value(value.clone()).expect("names and texts")
        };
        let mut tags = function.meta.clone();
        tags.extend(root.meta.clone());
        let mut metrics = function.metrics.clone();
        metrics.extend(root.metrics.clone());
        Self {
            trace_id: trace.trace_id(),
            span_id: told["span_id"].as_u64().expect("the id of the span"),
            parent_id: Some(root.parent_id).filter(|id| *id != 0),
            priority: trace.priority(),
            // A trace that begins in a function says so, but not to others.
            origin: root
                .tag("_dd.origin")
                .filter(|origin| *origin != "lambda")
                .map(str::to_owned),
            tags,
            metrics,
            baggage: texts(&told["baggage"]),
            links: function.links.iter().map(link).collect(),
            headers: texts(&told["headers"]),
        }
    }
}

fn link(link: &SpanLink) -> Value {
    json!({
        "trace_id_128_hex": format!("{:032x}", link.trace_id),
        "span_id": link.span_id.to_string(),
        "attributes": link.attributes,
    })
}
