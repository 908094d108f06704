//! The context object of AWS Step Functions, from whose names and times the ids of a trace are derived: every span of
//! an execution arrives at the same ids without having been told them.

use super::{datadog, Headers, TraceContext};
use crate::config::Config;
use crate::json::Json;
use crate::span::Tags;
use std::borrow::Cow;

/// The execution and the state that a payload comes from.
#[derive(Debug)]
pub(crate) struct ContextObject<'a> {
    /// The ARN of the execution.
    execution: Cow<'a, str>,
    redrives: u64,
    state: Cow<'a, str>,
    entered: Cow<'a, str>,
    retries: u64,
    state_machine: Option<Json<'a>>,
    /// Whether the definition of the state machine names the root of the trace.
    names_root: bool,
    /// The execution that started this one, or one before it.
    root: Option<Cow<'a, str>>,
    /// The trace that a traced function began, if it started the execution.
    trace: Headers<'a>,
}

/// How members are got.
type Get<'g, 'a> = &'g dyn Fn(&str) -> Option<Json<'a>>;

impl<'a> ContextObject<'a> {
    /// The context object that has the members `get`, or stands in their `Payload` or `_datadog`, or in `_datadog` of
    /// `Payload`.
    pub(crate) fn find(get: Get<'_, 'a>) -> Option<Self> {
        let payload = get("Payload").filter(Json::is_object);
        payload
            .and_then(|payload| Self::beside(&members(payload)))
            .or_else(|| Self::beside(get))
    }

    fn beside(get: Get<'_, 'a>) -> Option<Self> {
        let nested = get("_datadog").filter(Json::is_object);
        nested
            .and_then(|nested| Self::read(&members(nested)))
            .or_else(|| Self::read(get))
    }

    fn read(get: Get<'_, 'a>) -> Option<Self> {
        let (execution, state) = (get("Execution")?, get("State")?);
        let (mut id, mut redrives, mut carrier) = (None, 0, None);
        let mut members = execution.entries();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"Id" => id = value.as_str(),
                b"RedriveCount" => redrives = count(value),
                b"Input" => carrier = members.walk(|input| input.find_to_end("_datadog")),
                _ => {}
            }
        }
        let names_root = get("serverless-version")
            .and_then(|version| version.as_str())
            .is_some_and(|version| version == "v1");
        let mut trace = Headers::default();
        if names_root {
            for name in ["x-datadog-trace-id", "x-datadog-tags"] {
                trace.add(name.as_bytes(), || get(name)?.as_text());
            }
        } else if let Some(carrier) = carrier {
            trace = Headers::of(carrier);
        }
        Some(Self {
            execution: id?,
            redrives,
            state: state.get("Name")?.as_str()?,
            entered: state.get("EnteredTime")?.as_str()?,
            retries: state.get("RetryCount").map_or(0, count),
            state_machine: get("StateMachine"),
            names_root,
            root: get("RootExecutionId")
                .filter(|_| names_root)
                .and_then(|root| root.as_str()),
            trace,
        })
    }

    /// The ARN of the state machine.
    pub(crate) fn state_machine(&self) -> Option<Cow<'a, str>> {
        self.state_machine?.get("Id")?.as_str()
    }

    /// The trace of the execution, with the state as the parent.
    pub(crate) fn context(&self) -> TraceContext {
        let begun = datadog::extract(&self.trace, &Config::get().propagation);
        let mut tags = self.tags();
        if let Some(begun) = &begun {
            let (high, low) = ((begun.trace_id >> 64) as u64, begun.trace_id as u64);
            tags.push("trace_id", &low.to_string());
            if high != 0 {
                tags.push("dd_p_tid", &format!("{high:016x}"));
            }
        }
        let mut context = begun.unwrap_or_else(|| {
            let (high, low) = halves(self.root.as_ref().unwrap_or(&self.execution));
            TraceContext::new(u128::from(high) << 64 | u128::from(low), 0)
        });
        context.parent_id = self.parent_id();
        // Executions are always kept.
        context.sampling_priority = Some(1);
        context.root_tags = tags;
        context
    }

    fn parent_id(&self) -> u64 {
        let (execution, state, entered) = (&self.execution, &self.state, &self.entered);
        let mut text = format!("{execution}#{state}#{entered}");
        if self.retries != 0 || self.redrives != 0 {
            text += &format!("#{}#{}", self.retries, self.redrives);
        }
        halves(&text).0
    }

    /// What the span of a function tells of the state that it runs in.
    fn tags(&self) -> Tags {
        let mut tags = Tags::new();
        tags.push("execution_id", &self.execution);
        tags.push("redrive_count", &self.redrives.to_string());
        tags.push("retry_count", &self.retries.to_string());
        tags.push("state_entered_time", &self.entered);
        tags.push("state_name", &self.state);
        if let Some(root) = &self.root {
            tags.push("root_execution_id", root);
        }
        if self.names_root {
            tags.push("serverless_version", "v1");
        }
        tags
    }
}

/// The members of an object, found in one pass, since an execution's input can be large.
fn members<'a>(object: Json<'a>) -> impl Fn(&str) -> Option<Json<'a>> {
    let is_asked = |name: &[u8]| {
        matches!(
            name,
            b"Payload"
                | b"_datadog"
                | b"Execution"
                | b"State"
                | b"StateMachine"
                | b"RootExecutionId"
                | b"serverless-version"
                | b"x-datadog-trace-id"
                | b"x-datadog-tags"
        )
    };
    /// As often as an object may repeat its names.
    const MOST: usize = 24;
    let members = object.entries();
    let members = members.filter(|(name, _)| is_asked(name.raw()));
    let members: Vec<_> = members.take(MOST).collect();
    move |name| {
        let mut members = members.iter();
        let found = members.find(|(known, _)| known.raw() == name.as_bytes());
        found.map(|(_, value)| *value)
    }
}

/// A number of attempts; contexts of older executions have none.
fn count(value: Json<'_>) -> u64 {
    let text = value.as_text();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The first and the second half of an id: 63 bits each, not zero.
fn halves(text: &str) -> (u64, u64) {
    let digest = hmac_sha256::Hash::hash(text.as_bytes());
    let half = |from: usize| {
        let bytes = digest[from..from + 8].iter();
        let number = bytes.fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        (number & (u64::MAX >> 1)).max(1)
    };
    (half(0), half(8))
}

#[cfg(test)]
mod tests;
