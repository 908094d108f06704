//! Amazon API Gateway, HTTP APIs with payload format 2.0.

use super::api_gateway_rest::{api_arn, stage_arn, tag_api};
use super::authorizer::{self, Authorizer};
use super::http::{HttpHeaders, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::json::Json;
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct HttpApi<'a> {
    request: Request<'a>,
    /// `{method} {pattern}` or `$default`.
    route_key: Option<Cow<'a, str>>,
    raw_path: Option<Cow<'a, str>>,
    http: Option<Json<'a>>,
    authorizer: Option<Authorizer>,
}

impl<'a> Source<'a> for HttpApi<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        context.stage.as_ref()?;
        let route_key = event.get("routeKey")?.as_str();
        let raw_path = event.get("rawPath").and_then(|path| path.as_str());
        let request = Request {
            route: route_key.clone().map(last_word),
            ..payload_v2(event)?
        };
        Some(Self {
            request,
            route_key,
            raw_path,
            http: context.http,
            authorizer: Authorizer::read(event),
        })
    }

    fn context(&self) -> Option<TraceContext> {
        authorizer::context(self.authorizer.as_ref(), &self.request.headers)
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        self.request.tag("api-gateway", stage_arn(event), tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(context) = &event.request else {
            return Vec::new();
        };
        let pattern = self
            .request
            .route
            .as_deref()
            .filter(|route| route.contains('{'));
        let fallback = || self.raw_path.as_deref().or(self.route_key.as_deref());
        let inference = Inference {
            name: "aws.httpapi",
            kind: "web",
            service: self
                .request
                .service(context.api_id.as_deref(), "lambda_api_gateway"),
            resource: self.request.resource(pattern.or_else(fallback)),
            // The time before is the authorizer's own.
            start: self
                .authorizer
                .as_ref()
                .and_then(|authorizer| authorizer.ended)
                .or(context.time),
            ends: self.request.headers.ends(),
            resource_key: api_arn(event, "apis"),
        };
        let mut inferred = inference.infer(event);
        self.request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        for (tag, member) in [
            ("http.protocol", "protocol"),
            ("http.source_ip", "sourceIp"),
        ] {
            let value = self.http.and_then(|http| http.get(member)?.as_str());
            set(&mut inferred.span.tags, tag, value);
        }
        vec![inferred]
    }
}

/// The request of payload format 2.0, which function URLs use as well.
pub(super) fn payload_v2<'a>(event: &Event<'a>) -> Option<Request<'a>> {
    let context = event.request.as_ref()?;
    let http = |member| context.http.and_then(|http| http.get(member)?.as_str());
    Some(Request {
        scheme: "https".into(),
        host: context.domain_name.clone(),
        path: http("path").or_else(|| event.get("rawPath")?.as_str()),
        method: http("method"),
        route: None,
        user_agent: http("userAgent"),
        headers: HttpHeaders::of(event),
    })
}

fn last_word(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.rfind(' ') {
        Some(space) => text[space + 1..].to_owned().into(),
        None => text,
    }
}
