//! Amazon API Gateway, REST APIs and HTTP APIs with payload format 1.0.

use super::authorizer::{self, Authorizer};
use super::http::{text, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::cell::OnceCell;

pub(super) struct RestApi<'a> {
    request: OnceCell<Request<'a>>,
    authorizer: Option<Box<Authorizer>>,
}

impl<'a> Source<'a> for RestApi<'a> {
    const HTTP: bool = true;

    /// The mapping template of a non-proxy integration may omit everything but the stage.
    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        context.stage.as_ref()?;
        let method = event.get("httpMethod");
        if method.is_none() && (event.get("routeKey").is_some() || context.is_websocket()) {
            return None;
        }
        Some(Self {
            request: OnceCell::new(),
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
        let (request, received) = (self.request(event), context.time());
        let id = text(context.api_id);
        let pattern = text(context.resource_path);
        let resource = request.resource(pattern.as_deref().or(request.route.as_deref()));
        if resource.is_none() {
            return Vec::new();
        }
        let inference = Inference {
            name: "aws.apigateway",
            kind: "web",
            service: request.service(id.as_deref(), "lambda_api_gateway"),
            resource,
            start: received,
            ends: event.headers.ends(),
            resource_key: api_arn(event, "restapis"),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        authorizer::below(self.authorizer.as_deref(), inferred, received)
    }
}

impl<'a> RestApi<'a> {
    fn request(&self, event: &Event<'a>) -> &Request<'a> {
        let (context, headers) = (event.request.clone().unwrap_or_default(), &event.headers);
        let member = |name| event.get(name)?.string();
        self.request.get_or_init(|| Request {
            scheme: "https".into(),
            host: text(context.domain_name).or_else(|| headers.host()),
            path: text(context.path.or_else(|| member("path"))),
            method: text(context.http_method.or_else(|| member("httpMethod"))),
            route: text(member("resource").or(context.resource_path)),
            user_agent: context.user_agent().or_else(|| headers.user_agent()),
            referer: headers.referer(),
        })
    }
}

/// Sets the tags that identify the API on an inferred span.
pub(super) fn tag_api(event: &Event<'_>, tags: &mut Tags) {
    let Some(context) = &event.request else {
        return;
    };
    let id = text(context.api_id);
    set(tags, "apiid", id.as_deref());
    set(tags, "apiname", id.as_deref());
    set(tags, "stage", text(context.stage));
    set(tags, "domain_name", text(context.domain_name));
}

/// The ARN of the API: `collection` is `restapis` or `apis`.
pub(super) fn api_arn(event: &Event<'_>, collection: &str) -> Option<String> {
    let (function, id) = (event.function()?, text(event.request.as_ref()?.api_id)?);
    let (partition, region) = (function.partition, function.region);
    Some(
        [
            "arn:",
            partition,
            ":apigateway:",
            region,
            "::/",
            collection,
            "/",
            &id,
        ]
        .concat(),
    )
}

/// The ARN of the stage, which has the same form for all kinds of APIs.
pub(super) fn stage_arn(event: &Event<'_>) -> Option<String> {
    let stage = text(event.request.as_ref()?.stage)?;
    Some([&api_arn(event, "restapis")?, "/stages/", &*stage].concat())
}
