//! The context object of AWS Step Functions. Trace and span ids are derived from the names and times in it, so that every
//! span of an execution gets the same ids without propagation.

use super::{datadog, Headers, TraceContext};
use crate::config::Config;
use crate::json::{Entries, Json};
use crate::span::Tags;
use sha2::{Digest, Sha256};
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
    /// Whether the definition of the state machine names the root of the trace: `serverless-version` is `v1`.
    names_root: bool,
    /// The execution at the root of the trace, which started this one directly or indirectly.
    root: Option<Cow<'a, str>>,
    /// The trace of the traced function that started the execution, if there is one.
    trace: Headers<'a>,
}

/// Looks a member up by name.
type Get<'g, 'a> = &'g dyn Fn(&str) -> Option<Json<'a>>;

impl<'a> ContextObject<'a> {
    /// Finds the context object in the members that `get` returns, in their `Payload` or `_datadog`, or in `_datadog` of
    /// `Payload`. Those of these members that are `known` are not read again.
    pub(crate) fn find(known: &Nested<'a>, get: Get<'_, 'a>) -> Option<Self> {
        let payload = Nested::object(&known.payload, || {
            Some(Object::payload(&mut get("Payload")?.entries()))
        });
        payload
            .and_then(|payload| Self::beside(&payload.nested, &|name| payload.get(name)))
            .or_else(|| Self::beside(known, get))
    }

    fn beside(known: &Nested<'a>, get: Get<'_, 'a>) -> Option<Self> {
        let nested = Nested::object(&known.datadog, || {
            Some(Object::innermost(&mut get("_datadog")?.entries()))
        });
        nested
            .and_then(|object| Self::read(&object.nested, &|name| object.get(name)))
            .or_else(|| Self::read(known, get))
    }

    fn read(known: &Nested<'a>, get: Get<'_, 'a>) -> Option<Self> {
        let Execution {
            id,
            redrives,
            carrier,
        } = match &known.execution {
            Some(execution) => Execution::clone(execution),
            None => Execution::read(&mut get("Execution")?.entries()),
        };
        let state = get("State")?;
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
        // The inputs of both hashes begin with it.
        let mut execution = Sha256::new();
        execution.update(self.execution.as_bytes());
        let mut context = begun.unwrap_or_else(|| {
            let (high, low) = halves(match &self.root {
                Some(root) => Sha256::digest(root.as_bytes()).into(),
                None => execution.clone().finalize().into(),
            });
            TraceContext::new(u128::from(high) << 64 | u128::from(low), 0)
        });
        context.parent_id = self.parent_id(execution);
        // Traces of executions are always kept.
        context.sampling_priority = Some(1);
        context.root_tags = tags;
        context
    }

    /// The span id of the state; `digest` has been given the ARN of the execution.
    fn parent_id(&self, mut digest: Sha256) -> u64 {
        let mut add = |part: &str| {
            digest.update(b"#");
            digest.update(part.as_bytes());
        };
        add(&self.state);
        add(&self.entered);
        if self.retries != 0 || self.redrives != 0 {
            add(&self.retries.to_string());
            add(&self.redrives.to_string());
        }
        halves(digest.finalize().into()).0
    }

    /// The tags that describe the state, for the function's span.
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

/// The members that may hold a context object or be part of one. They are read when first scanned, since the input of an
/// execution can be large.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nested<'a> {
    execution: Option<Box<Execution<'a>>>,
    datadog: Option<Box<Object<'a>>>,
    payload: Option<Box<Object<'a>>>,
}

impl<'a> Nested<'a> {
    /// Reads the last value of `members`, if it is one of these.
    pub(crate) fn add(&mut self, name: &[u8], members: &mut Entries<'a>) {
        match name {
            b"Execution" if self.execution.is_none() => {
                self.execution = Some(Box::new(members.walk(Execution::read)));
            }
            b"_datadog" if self.datadog.is_none() => {
                self.datadog = Some(Box::new(members.walk(Object::innermost)));
            }
            b"Payload" if self.payload.is_none() => {
                self.payload = Some(Box::new(members.walk(Object::payload)));
            }
            _ => {}
        }
    }

    /// Returns an object that is known, or else reads it.
    fn object<'k>(
        known: &'k Option<Box<Object<'a>>>,
        read: impl FnOnce() -> Option<Object<'a>>,
    ) -> Option<Cow<'k, Object<'a>>> {
        match known {
            Some(known) => Some(Cow::Borrowed(known)),
            None => read().map(Cow::Owned),
        }
    }
}

/// The members of an object that may be or hold a context object.
#[derive(Clone, Debug)]
struct Object<'a> {
    nested: Nested<'a>,
    others: Vec<(&'a [u8], Json<'a>)>,
}

impl<'a> Object<'a> {
    /// Limits what an object with repeated names can add.
    const MOST: usize = 24;

    /// A payload, which may hold a context object in its `_datadog`.
    fn payload(members: &mut Entries<'a>) -> Self {
        Self::read(members, |name| matches!(name, b"Execution" | b"_datadog"))
    }

    fn innermost(members: &mut Entries<'a>) -> Self {
        Self::read(members, |name| name == b"Execution")
    }

    fn read(members: &mut Entries<'a>, nests: fn(&[u8]) -> bool) -> Self {
        let (mut nested, mut others) = (Nested::default(), Vec::new());
        while let Some((name, value)) = members.next() {
            match name.raw() {
                name if nests(name) => nested.add(name, members),
                name @ (b"State"
                | b"StateMachine"
                | b"RootExecutionId"
                | b"serverless-version"
                | b"x-datadog-trace-id"
                | b"x-datadog-tags")
                    if others.len() < Self::MOST =>
                {
                    others.push((name, value));
                }
                _ => {}
            }
        }
        Self { nested, others }
    }

    fn get(&self, name: &str) -> Option<Json<'a>> {
        let mut others = self.others.iter();
        let found = others.find(|(known, _)| *known == name.as_bytes());
        found.map(|(_, value)| *value)
    }
}

/// The members of `Execution` in the context object.
#[derive(Clone, Debug, Default)]
struct Execution<'a> {
    id: Option<Cow<'a, str>>,
    redrives: u64,
    /// `_datadog` of the input.
    carrier: Option<Json<'a>>,
}

impl<'a> Execution<'a> {
    fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"Id" => read.id = value.as_str(),
                b"RedriveCount" => read.redrives = count(value),
                b"Input" => read.carrier = members.walk(|input| input.find_to_end("_datadog")),
                _ => {}
            }
        }
        read
    }
}

/// A number of attempts, which older executions do not have.
fn count(value: Json<'_>) -> u64 {
    let text = value.as_text();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The first and second 8 bytes of a digest, each as an id of 63 bits that is not zero.
fn halves(digest: [u8; 32]) -> (u64, u64) {
    let half = |from: usize| {
        let bytes = digest[from..from + 8].iter();
        let number = bytes.fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        (number & (u64::MAX >> 1)).max(1)
    };
    (half(0), half(8))
}

#[cfg(test)]
mod tests;
