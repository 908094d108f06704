//! What the services that pass on HTTP requests share.

use super::inferred::{Ends, Inferred, ServiceName};
use super::tags::{set, tag_source};
use super::time::nanos_of_millis;
use super::Event;
use crate::json::{Entries, Json, Str};
use crate::obfuscate;
use crate::propagation::{extract, Headers, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

/// The members of `requestContext` that some service needs, not decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestContext<'a> {
    pub(super) stage: Option<Str<'a>>,
    pub(super) domain_name: Option<Str<'a>>,
    pub(super) api_id: Option<Str<'a>>,
    pub(super) http_method: Option<Str<'a>>,
    pub(super) path: Option<Str<'a>>,
    pub(super) resource_path: Option<Str<'a>>,
    pub(super) route_key: Option<Str<'a>>,
    pub(super) request_id: Option<Str<'a>>,
    /// What an authorizer has passed on.
    pub(super) authorizer: Option<Json<'a>>,
    pub(super) event_type: Option<Str<'a>>,
    pub(super) connection_id: Option<Str<'a>>,
    pub(super) message_direction: Option<Str<'a>>,
    /// The caller; not read unless needed.
    identity: Option<Json<'a>>,
    /// The request of API Gateway's payload format 2.0.
    pub(super) http: Option<Json<'a>>,
    pub(super) elb: Option<Json<'a>>,
    /// The ARNs of VPC Lattice, the more specific one first.
    pub(super) target_group_arn: Option<Str<'a>>,
    pub(super) service_arn: Option<Str<'a>>,
    time: Option<Json<'a>>,
}

impl<'a> RequestContext<'a> {
    pub(super) fn read(&mut self, members: &mut Entries<'a>) {
        for (name, value) in members {
            let slot = match name.raw() {
                b"stage" => &mut self.stage,
                b"domainName" => &mut self.domain_name,
                b"apiId" => &mut self.api_id,
                b"httpMethod" => &mut self.http_method,
                b"path" => &mut self.path,
                b"resourcePath" => &mut self.resource_path,
                b"routeKey" => &mut self.route_key,
                b"requestId" => &mut self.request_id,
                b"eventType" => &mut self.event_type,
                b"connectionId" => &mut self.connection_id,
                b"messageDirection" => &mut self.message_direction,
                b"targetGroupArn" => &mut self.target_group_arn,
                b"serviceArn" => &mut self.service_arn,
                name => {
                    let slot = match name {
                        b"identity" => &mut self.identity,
                        b"authorizer" => &mut self.authorizer,
                        b"http" => &mut self.http,
                        b"elb" => &mut self.elb,
                        b"requestTimeEpoch" | b"timeEpoch" => &mut self.time,
                        _ => continue,
                    };
                    *slot = Some(value);
                    continue;
                }
            };
            *slot = value.string();
        }
    }

    /// When the request was received, in nanoseconds since the Unix epoch.
    pub(super) fn time(&self) -> Option<u64> {
        nanos_of_millis(self.time?)
    }

    /// The user agent of the caller.
    pub(super) fn user_agent(&self) -> Option<Cow<'a, str>> {
        self.identity?.get("userAgent")?.as_str()
    }

    /// Whether the domain is one of Lambda's own, `{id}.lambda-url.{region}.on.aws`.
    pub(super) fn is_function_url(&self) -> bool {
        let domain = self.domain_name.map_or(&b""[..], |domain| domain.raw());
        let mut labels = domain.split(|byte| *byte == b'.');
        labels.nth(1) == Some(b"lambda-url")
    }

    /// Whether the request came through a connection that stays open.
    pub(super) fn is_websocket(&self) -> bool {
        self.message_direction.is_some() || self.connection_id.is_some()
    }
}

/// Decodes a value that may be absent.
pub(super) fn text(value: Option<Str<'_>>) -> Option<Cow<'_, str>> {
    value?.decode()
}

/// An HTTP request, whichever service passed it on.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) scheme: Cow<'a, str>,
    pub(super) host: Option<Cow<'a, str>>,
    /// The path that the client requested.
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) method: Option<Cow<'a, str>>,
    /// The path's pattern, such as `/orders/{id}`.
    pub(super) route: Option<Cow<'a, str>>,
    pub(super) user_agent: Option<Cow<'a, str>>,
    pub(super) referer: Option<Cow<'a, str>>,
}

impl Request<'_> {
    fn url(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let path = self.path.as_deref().unwrap_or_default();
        Some([&self.scheme, "://", host, path].concat())
    }

    /// Sets the tags of the request on `aws.lambda`.
    pub(super) fn tag(&self, source: &'static str, arn: Option<String>, tags: &mut Tags) {
        tag_source(tags, source, arn);
        set(tags, "http.url", self.url());
        set(tags, "http.url_details.path", self.path.as_deref());
        set(tags, "http.method", self.method.as_deref());
        set(tags, "http.route", self.route.as_deref());
        let referer = self.referer.as_deref().map(obfuscate::url);
        set(tags, "http.referer", referer);
        set(tags, "http.useragent", self.user_agent.as_deref());
    }

    /// Sets the tags of the request on an inferred span.
    pub(super) fn tag_inferred(&self, inferred: &mut Inferred) {
        let tags = &mut inferred.span.tags;
        set(tags, "http.url", self.url());
        set(tags, "endpoint", self.path.as_deref());
        set(tags, "http.method", self.method.as_deref());
        set(tags, "http.route", self.route.as_deref());
        set(tags, "http.useragent", self.user_agent.as_deref());
    }

    /// `{method} {pattern}`; without a pattern, the path is used.
    pub(super) fn resource(&self, pattern: Option<&str>) -> Option<String> {
        let pattern = pattern.or(self.path.as_deref());
        match (self.method.as_deref(), pattern) {
            (Some(method), Some(path)) => Some([method, " ", path].concat()),
            (method, path) => method.or(path).map(str::to_owned),
        }
    }

    /// The service name of an endpoint: the host that its clients use.
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

/// The request of an event that has no more than these members and headers. It does not say which rule of the service
/// passed the request on, so the path is used as the pattern.
pub(super) fn plain_request<'a>(event: &Event<'a>, method: &str, path: &str) -> Request<'a> {
    let member = |name| event.get(name).and_then(|value| value.as_str());
    let (headers, path) = (&event.headers, member(path));
    Request {
        scheme: headers.forwarded_proto().unwrap_or("http".into()),
        host: headers.host(),
        route: path.clone(),
        path,
        method: member(method),
        user_agent: headers.user_agent(),
        referer: headers.referer(),
    }
}

/// The headers of a request that matter here, collected in one pass.
#[derive(Clone, Debug, Default)]
pub(super) struct HttpHeaders<'a> {
    host: Option<Json<'a>>,
    forwarded_proto: Option<Json<'a>>,
    referer: Option<Json<'a>>,
    user_agent: Option<Json<'a>>,
    invocation_type: Option<Json<'a>>,
    trace: Headers<'a>,
    /// The lists of values, if they were not read because there are single values, too.
    pub(super) lists: Option<Json<'a>>,
}

impl<'a> HttpHeaders<'a> {
    /// Reads single values or lists of values. Returns whether there are any.
    pub(super) fn read(&mut self, members: &mut Entries<'a>) -> bool {
        let mut any = false;
        while let Some(name) = members.next_name() {
            let Some(value) = members.value() else { break };
            any = true;
            self.add(name.raw(), value);
        }
        any
    }

    /// Whether there may be a context in the headers.
    pub(super) fn are_any(&self) -> bool {
        self.lists.is_some() || !self.trace.is_empty()
    }

    /// The context in the headers: in the single values, or else in the lists of values.
    ///
    /// If a header occurred twice, the single value in API Gateway's events is the last.
    pub(super) fn context(&self) -> Option<TraceContext> {
        let single = match self.lists {
            Some(lists) if self.trace.may_be_joined() => extract(&self.trace.joined(lists)),
            _ => extract(&self.trace),
        };
        TraceContext::or_else(single, || extract(&Headers::of(self.lists?)))
    }

    pub(super) fn host(&self) -> Option<Cow<'a, str>> {
        header(self.host)
    }

    pub(super) fn forwarded_proto(&self) -> Option<Cow<'a, str>> {
        header(self.forwarded_proto)
    }

    pub(super) fn referer(&self) -> Option<Cow<'a, str>> {
        header(self.referer)
    }

    pub(super) fn user_agent(&self) -> Option<Cow<'a, str>> {
        header(self.user_agent)
    }

    /// When the service's span ends, which depends on whether the client waits for a response.
    pub(super) fn ends(&self) -> Ends {
        match header(self.invocation_type).as_deref() {
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
            *slot = Some(value);
        }
    }
}

/// The text of a header; of a list, that of its first item.
fn header(value: Option<Json<'_>>) -> Option<Cow<'_, str>> {
    let value = value?;
    let text = value.text().or_else(|| value.items().next()?.text());
    text?.decode()
}
