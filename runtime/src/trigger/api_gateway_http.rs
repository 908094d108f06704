//! Amazon API Gateway, HTTP APIs with payload format 2.0.

use super::api_gateway_rest::{api_arn, stage_arn, tag_api};
use super::authorizer::{self, Authorizer};
use super::http::{text, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::json::Str;
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::cell::OnceCell;

pub(super) struct HttpApi<'a> {
    request: OnceCell<Request<'a>>,
    /// `{method} {pattern}` or `$default`.
    route_key: Option<Str<'a>>,
    authorizer: Option<Box<Authorizer>>,
}

impl<'a> Source<'a> for HttpApi<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        context.stage.as_ref()?;
        Some(Self {
            request: OnceCell::new(),
            route_key: event.get("routeKey")?.string(),
            authorizer: Authorizer::read(event),
        })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        authorizer::context(self.authorizer.as_deref(), event)
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        self.request(event)
            .tag("api-gateway", stage_arn(event), tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(context) = &event.request else {
            return Vec::new();
        };
        let (request, id) = (self.request(event), text(context.api_id));
        let route = request.route.as_deref();
        let pattern = route.filter(|route| route.contains('{'));
        let raw_path = || event.get("rawPath")?.string();
        let fallback = text(raw_path().or(self.route_key));
        let inference = Inference {
            name: "aws.httpapi",
            kind: "web",
            service: request.service(id.as_deref(), "lambda_api_gateway"),
            resource: request.resource(pattern.or(fallback.as_deref())),
            // The time before that is the authorizer's.
            start: self
                .authorizer
                .as_ref()
                .and_then(|authorizer| authorizer.ended)
                .or_else(|| context.time()),
            ends: event.headers.ends(),
            resource_key: api_arn(event, "apis"),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        for (tag, member) in [
            ("http.protocol", "protocol"),
            ("http.source_ip", "sourceIp"),
        ] {
            let value = context.http.and_then(|http| http.get(member)?.as_str());
            set(&mut inferred.span.tags, tag, value);
        }
        vec![inferred]
    }
}

impl<'a> HttpApi<'a> {
    fn request(&self, event: &Event<'a>) -> &Request<'a> {
        self.request.get_or_init(|| Request {
            route: text(self.route_key.map(|key| key.behind_last(b' '))),
            ..payload_v2(event)
        })
    }
}

/// The request of an event with payload format 2.0, which function URLs use as well.
pub(super) fn payload_v2<'a>(event: &Event<'a>) -> Request<'a> {
    let context = event.request.clone().unwrap_or_default();
    let http = |member| context.http.and_then(|http| http.get(member)?.as_str());
    Request {
        scheme: "https".into(),
        host: text(context.domain_name),
        path: http("path").or_else(|| event.get("rawPath")?.as_str()),
        method: http("method"),
        route: None,
        user_agent: http("userAgent").or_else(|| event.headers.user_agent()),
        referer: event.headers.referer(),
    }
}
