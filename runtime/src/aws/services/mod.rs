//! What is specific to AWS services, one file each, in the same order: the kind of span, what it says about the request,
//! how the context is injected, pointers.

mod dynamodb;
mod eventbridge;
mod kinesis;
mod lambda;
mod logs;
mod redshift;
mod s3;
mod sns;
mod sqs;
mod step_functions;

use std::borrow::Cow;
use std::sync::OnceLock;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

pub(super) use sqs::partition;

use super::carrier::Context;
use super::request::{Change, Request};
use crate::config::Config;
use crate::span::{SpanLink, Tags, Text};

/// An AWS service.
pub(super) trait Service: Sync {
    /// The SDK's name for it, in lower case and without spaces.
    fn id(&self) -> &'static str;

    /// The prefix of its hosts, if `peer.service` is to name the host.
    fn host(&self) -> Option<&'static str> {
        None
    }

    /// The kind of span that this operation has.
    fn style(&self, _operation: &str) -> Style {
        Style::default()
    }

    /// Adds tags from the request, and returns what the call is about: a queue, a table.
    fn describe<'r>(&self, _request: &Request<'r>, _tags: &mut Tags) -> Option<Cow<'r, str>> {
        None
    }

    /// Whether requests of this operation carry the context, or ask for that of others.
    fn carries(&self, _operation: &str) -> bool {
        false
    }

    /// Adds the context to a request; `None` if that is not possible.
    fn inject(&self, _: &str, _: &Request<'_>, _: &Context<'_>) -> Option<Change> {
        None
    }

    /// What a request writes, as far as it must be kept until the response.
    fn target(&self, _operation: &str, _: &Request<'_>, _: &Config) -> Target {
        Target::None
    }

    /// The pointers to what was written, once the call has succeeded.
    fn pointers(&self, _operation: &str, _: Target, _: &HttpResponse, _: &Config) -> Vec<SpanLink> {
        Vec::new()
    }
}

/// How a span differs from that of any AWS call.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The operation name with `DD_TRACE_SPAN_ATTRIBUTE_SCHEMA=v1`, if there is a more specific one than for any call.
    pub(super) name: Option<&'static str>,
    /// The span type.
    pub(super) span_type: &'static str,
    /// The tag `span.kind`.
    pub(super) kind: &'static str,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            name: None,
            span_type: "http",
            kind: "client",
        }
    }
}

/// What a request writes.
#[derive(Debug)]
pub(super) enum Target {
    None,
    /// Items, as pointers to them.
    Items(Vec<SpanLink>),
    /// An object, or something else in a bucket. The bucket is known once the request has its endpoint.
    Object(s3::Object),
}

const KNOWN: usize = 10;

static SERVICES: [&dyn Service; KNOWN] = [
    &dynamodb::DynamoDb,
    &eventbridge::EventBridge,
    &kinesis::Kinesis,
    &lambda::Lambda,
    &logs::Logs,
    &redshift::Redshift,
    &s3::S3,
    &sns::Sns,
    &sqs::Sqs,
    &step_functions::StepFunctions,
];

/// Any other service.
struct Other;

impl Service for Other {
    fn id(&self) -> &'static str {
        ""
    }
}

/// The service with this name.
pub(super) fn find(name: &str) -> &'static dyn Service {
    place(name).map_or(&Other, |place| SERVICES[place])
}

fn place(name: &str) -> Option<usize> {
    let mut services = SERVICES.iter();
    services.position(|service| id(name).eq(service.id().chars()))
}

/// Datadog's name for the service when it is called by a process whose own service is `own`.
pub(super) fn datadog_name(name: &str, own: &str) -> Text {
    static NAMES: [OnceLock<String>; KNOWN] = [const { OnceLock::new() }; KNOWN];
    let compose = || {
        let between = "-aws-";
        let mut composed = String::with_capacity(own.len() + between.len() + name.len());
        composed.extend([own, between]);
        composed.extend(id(name));
        composed
    };
    match place(name) {
        Some(place) => NAMES[place].get_or_init(compose).as_str().into(),
        None => compose().into(),
    }
}

/// The name of a service in lower case and without spaces. SDKs use `SFN` and `API Gateway`, older ones the names of
/// their crates.
pub(super) fn id(name: &str) -> impl Iterator<Item = char> + '_ {
    let letters = name.chars().filter(|letter| *letter != ' ');
    letters.map(|letter| letter.to_ascii_lowercase())
}
