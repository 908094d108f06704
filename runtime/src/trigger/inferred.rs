//! The spans of managed services, which the library creates on their behalf.

use super::Event;
use crate::span::{Span, Text};

/// The span of a managed service.
#[derive(Debug)]
pub(crate) struct Inferred {
    /// Open and without a parent; the invocation changes both.
    pub(crate) span: Box<Span>,
    pub(crate) ends: Ends,
}

/// When the span of a managed service ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// With `aws.lambda`: the caller waits for the function, and gets its error.
    WithFunction,
    /// When the function starts.
    BeforeFunction,
    /// When the next service took over, in nanoseconds since the Unix epoch.
    At(u64),
}

/// The properties that every inferred span has.
pub(super) struct Inference<'n> {
    /// The operation, such as `aws.sqs`.
    pub(super) name: &'static str,
    /// The span type.
    pub(super) kind: &'static str,
    pub(super) service: ServiceName<'n>,
    pub(super) resource: Option<String>,
    /// Nanoseconds since the Unix epoch. If the event does not say, a span that ended earlier has zero length, and any
    /// other starts with the invocation.
    pub(super) start: Option<u64>,
    pub(super) ends: Ends,
    /// The ARN of the resource, for `dd_resource_key`.
    pub(super) resource_key: Option<String>,
}

impl Inference<'_> {
    /// Creates the span. The service adds its own tags.
    pub(super) fn infer(self, event: &Event<'_>) -> Inferred {
        let latest = match self.ends {
            Ends::At(time) => time,
            Ends::WithFunction | Ends::BeforeFunction => event.now,
        };
        let mut span = Span::new(self.name, 0, self.start.unwrap_or(latest));
        span.kind = Text::Borrowed(self.kind);
        span.service = self
            .service
            .resolve(event)
            .map(|name| name.to_owned().into());
        span.tags.expect_typical();
        let synchronicity = match self.ends {
            Ends::WithFunction => "sync",
            Ends::BeforeFunction | Ends::At(_) => "async",
        };
        span.tags.push("_inferred_span.tag_source", "self");
        span.tags
            .push("_inferred_span.synchronicity", synchronicity);
        span.tags.push_number("_dd._inferred_span", 1.0);
        span.tags.push("operation_name", self.name);
        span.tags.push("span.kind", "server");
        span.tags.push("request_id", &event.context.request_id);
        if let Some(resource) = self.resource {
            span.tags.push("resource_names", &resource);
            span.resource = Some(resource.into());
        }
        if let Some(service) = &event.config.dd_service {
            span.tags.push("peer.service", service);
        }
        if let Some(key) = self.resource_key {
            span.tags.push("dd_resource_key", &key);
        }
        Inferred {
            span,
            ends: self.ends,
        }
    }
}

/// The possible names for the service of an inferred span.
#[derive(Clone, Copy, Default)]
pub(super) struct ServiceName<'n> {
    /// The first key to look up in `DD_SERVICE_MAPPING`: this queue, this API.
    pub(super) specific: Option<&'n str>,
    /// The second key: all queues, all APIs.
    pub(super) generic: &'static str,
    /// The name of the instance.
    pub(super) instance: Option<&'n str>,
    /// The name if there is no other, or if instances are not to be services.
    pub(super) fallback: Option<&'n str>,
}

impl<'n> ServiceName<'n> {
    /// The service of a resource, such as a queue, a stream or a bucket, that is also the instance.
    pub(super) fn of(resource: Option<&'n str>, generic: &'static str, fallback: &'n str) -> Self {
        Self {
            specific: resource,
            generic,
            instance: resource,
            fallback: Some(fallback),
        }
    }

    fn resolve(self, event: &'n Event<'_>) -> Option<&'n str> {
        let config = event.config;
        let mapped = |key: &str| {
            let mut entries = config.service_mapping.iter().rev();
            entries
                .find(|(from, _)| from == key)
                .map(|(_, to)| to.as_str())
        };
        let instance = self.instance.map(str::trim).filter(|name| !name.is_empty());
        self.specific
            .and_then(mapped)
            .or_else(|| mapped(self.generic))
            .or(config
                .dd_service
                .as_deref()
                .filter(|_| config.own_service_only))
            .or_else(|| instance.filter(|_| config.service_representation))
            .or(self.fallback)
    }
}
