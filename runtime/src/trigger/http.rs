//! What the services that pass on HTTP requests have in common.

use super::inferred::{Ends, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::nanos_of_millis;
use super::Event;
use crate::json::{Entries, Json};
use crate::obfuscate;
use crate::propagation::{extract, header_value, Headers, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

/// The members of `requestContext` that some service needs.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestContext<'a> {
    pub(super) stage: Option<Cow<'a, str>>,
    pub(super) domain_name: Option<Cow<'a, str>>,
    pub(super) api_id: Option<Cow<'a, str>>,
    pub(super) http_method: Option<Cow<'a, str>>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) resource_path: Option<Cow<'a, str>>,
    pub(super) route_key: Option<Cow<'a, str>>,
    pub(super) request_id: Option<Cow<'a, str>>,
    /// What an authorizer has passed on.
    pub(super) authorizer: Option<Json<'a>>,
    pub(super) event_type: Option<Cow<'a, str>>,
    pub(super) connection_id: Option<Cow<'a, str>>,
    pub(super) message_direction: Option<Cow<'a, str>>,
    /// The user agent in `identity`.
    pub(super) user_agent: Option<Cow<'a, str>>,
    /// The request of API Gateway's payload format 2.0.
    pub(super) http: Option<Json<'a>>,
    pub(super) elb: Option<Json<'a>>,
    /// The ARNs of VPC Lattice, the more specific one first.
    pub(super) target_group_arn: Option<Cow<'a, str>>,
    pub(super) service_arn: Option<Cow<'a, str>>,
    /// Nanoseconds since the Unix epoch.
    pub(super) time: Option<u64>,
}

impl<'a> RequestContext<'a> {
    pub(super) fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        while let Some((name, value)) = members.next() {
            match name.raw() {
                b"stage" => read.stage = value.as_str(),
                b"domainName" => read.domain_name = value.as_str(),
                b"apiId" => read.api_id = value.as_str(),
                b"httpMethod" => read.http_method = value.as_str(),
                b"path" => read.path = value.as_str(),
                b"resourcePath" => read.resource_path = value.as_str(),
                b"routeKey" => read.route_key = value.as_str(),
                b"requestId" => read.request_id = value.as_str(),
                b"authorizer" => read.authorizer = Some(value),
                b"eventType" => read.event_type = value.as_str(),
                b"connectionId" => read.connection_id = value.as_str(),
                b"messageDirection" => read.message_direction = value.as_str(),
                b"identity" => read.user_agent = members.walk(user_agent),
                b"http" => read.http = Some(value),
                b"elb" => read.elb = Some(value),
                b"targetGroupArn" => read.target_group_arn = value.as_str(),
                b"serviceArn" => read.service_arn = value.as_str(),
                b"requestTimeEpoch" | b"timeEpoch" => read.time = nanos_of_millis(value),
                _ => {}
            }
        }
        read
    }

    /// Whether the domain is one of Lambda's own, `{id}.lambda-url.{region}.on.aws`.
    pub(super) fn is_function_url(&self) -> bool {
        let domain = self.domain_name.as_deref().unwrap_or_default();
        domain.split('.').nth(1) == Some("lambda-url")
    }

    /// Whether the request came through a connection that stays open.
    pub(super) fn is_websocket(&self) -> bool {
        self.message_direction.is_some() || self.connection_id.is_some()
    }
}

fn user_agent<'a>(identity: &mut Entries<'a>) -> Option<Cow<'a, str>> {
    let found = identity.filter(|(name, _)| name.is("userAgent"));
    // To the end, so that the value need not be skipped once more.
    found.fold(None, |first, (_, value)| first.or_else(|| value.as_str()))
}

/// One HTTP request, by whatever way it came.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) scheme: Cow<'a, str>,
    pub(super) host: Option<Cow<'a, str>>,
    /// What the client asked for.
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) method: Option<Cow<'a, str>>,
    /// The path's pattern, such as `/orders/{id}`.
    pub(super) route: Option<Cow<'a, str>>,
    pub(super) user_agent: Option<Cow<'a, str>>,
    pub(super) headers: HttpHeaders<'a>,
}

impl Request<'_> {
    fn url(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let path = self.path.as_deref().unwrap_or_default();
        Some([&self.scheme, "://", host, path].concat())
    }

    fn user_agent(&self) -> Option<&str> {
        self.user_agent
            .as_deref()
            .or(self.headers.user_agent.as_deref())
    }

    /// Sets the tags that a request leaves on `aws.lambda`.
    pub(super) fn tag(&self, source: &'static str, arn: Option<String>, tags: &mut Tags) {
        tag_source(tags, source, arn);
        set(tags, "http.url", self.url());
        set(tags, "http.url_details.path", self.path.as_deref());
        set(tags, "http.method", self.method.as_deref());
        set(tags, "http.route", self.route.as_deref());
        let referer = self.headers.referer.as_deref().map(obfuscate::url);
        set(tags, "http.referer", referer);
        set(tags, "http.useragent", self.user_agent());
    }

    /// Sets the tags that a request leaves on an inferred span.
    pub(super) fn tag_inferred(&self, inferred: &mut Inferred) {
        let tags = &mut inferred.span.tags;
        set(tags, "http.url", self.url());
        set(tags, "endpoint", self.path.as_deref());
        set(tags, "http.method", self.method.as_deref());
        set(tags, "http.route", self.route.as_deref());
        set(tags, "http.useragent", self.user_agent());
    }

    /// `{method} {pattern}`, with the path where there is no pattern.
    pub(super) fn resource(&self, pattern: Option<&str>) -> Option<String> {
        let pattern = pattern.or(self.path.as_deref());
        match (self.method.as_deref(), pattern) {
            (Some(method), Some(path)) => Some([method, " ", path].concat()),
            (method, path) => method.or(path).map(str::to_owned),
        }
    }

    /// The service of an endpoint: the name that its clients use.
    pub(super) fn service<'n>(
        &'n self,
        specific: Option<&'n str>,
        generic: &'static str,
    ) -> ServiceName<'n> {
        ServiceName {
            specific,
            generic,
            instance: self.host.as_deref(),
            fallback: self.host.as_deref(),
        }
    }
}

/// The headers of a request, as far as they matter here, found in one pass.
#[derive(Clone, Debug, Default)]
pub(super) struct HttpHeaders<'a> {
    pub(super) host: Option<Cow<'a, str>>,
    pub(super) forwarded_proto: Option<Cow<'a, str>>,
    referer: Option<Cow<'a, str>>,
    user_agent: Option<Cow<'a, str>>,
    invocation_type: Option<Cow<'a, str>>,
    trace: Headers<'a>,
    /// The lists of values, if they were not read because there are single values, too.
    lists: Option<Json<'a>>,
}

impl<'a> HttpHeaders<'a> {
    /// Reads single values, or lists of them; `None` if there are none.
    pub(super) fn read(members: &mut Entries<'a>) -> Option<Self> {
        let mut headers = Self::default();
        let mut any = false;
        for (name, value) in members {
            any = true;
            headers.add(name.raw(), value);
        }
        any.then_some(headers)
    }

    /// The headers of an event.
    pub(super) fn of(event: &Event<'a>) -> Self {
        let lists = event.get("multiValueHeaders");
        match &event.headers {
            Some(headers) => Self {
                lists,
                ..headers.clone()
            },
            None => lists
                .and_then(|lists| Self::read(&mut lists.entries()))
                .unwrap_or_default(),
        }
    }

    /// The context in the headers; in the lists of values if the single values have none.
    ///
    /// Of a header that came twice API Gateway keeps the last as the single value.
    pub(super) fn context(&self) -> Option<TraceContext> {
        let single = match self.lists {
            Some(lists) if self.trace.may_be_joined() => extract(&self.trace.joined(lists)),
            _ => extract(&self.trace),
        };
        TraceContext::or_else(single, || extract(&Headers::of(self.lists?)))
    }

    /// When the service's span ends, which depends on whether the client waits for an answer.
    pub(super) fn ends(&self) -> Ends {
        match self.invocation_type.as_deref() {
            Some("Event") => Ends::BeforeFunction,
            _ => Ends::WithFunction,
        }
    }

    fn add(&mut self, name: &[u8], value: Json<'a>) {
        let (known, slot): (&[u8], _) = match name.len() {
            4 => (b"host", &mut self.host),
            7 if matches!(name[0], b'r' | b'R') => (b"referer", &mut self.referer),
            10 if matches!(name[0], b'u' | b'U') => (b"user-agent", &mut self.user_agent),
            17 => (b"x-forwarded-proto", &mut self.forwarded_proto),
            21 => (b"x-amz-invocation-type", &mut self.invocation_type),
            _ => return self.trace.add_value(name, value),
        };
        if slot.is_none() && name.eq_ignore_ascii_case(known) {
            *slot = header_value(value);
        }
    }
}
