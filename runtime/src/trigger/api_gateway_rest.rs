//! Amazon API Gateway, REST APIs and HTTP APIs with payload format 1.0.

use super::authorizer::{self, Authorizer};
use super::http::{HttpHeaders, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;

pub(super) struct RestApi<'a> {
    request: Request<'a>,
    authorizer: Option<Authorizer>,
}

impl<'a> Source<'a> for RestApi<'a> {
    const HTTP: bool = true;

    /// The mapping template of a non-proxy integration may leave out everything but the stage.
    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        context.stage.as_ref()?;
        let method = event.get("httpMethod");
        if method.is_none() && (event.get("routeKey").is_some() || context.is_websocket()) {
            return None;
        }
        let text = |member| event.get(member).and_then(|value| value.as_str());
        let headers = HttpHeaders::of(event);
        let request = Request {
            scheme: "https".into(),
            host: context.domain_name.clone().or_else(|| headers.host.clone()),
            path: context.path.clone().or_else(|| text("path")),
            method: context
                .http_method
                .clone()
                .or_else(|| method.and_then(|method| method.as_str())),
            route: text("resource").or_else(|| context.resource_path.clone()),
            user_agent: context.user_agent.clone(),
            headers,
        };
        Some(Self {
            request,
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
        let pattern = context
            .resource_path
            .as_deref()
            .or(self.request.route.as_deref());
        let resource = self.request.resource(pattern);
        if resource.is_none() {
            return Vec::new();
        }
        let inference = Inference {
            name: "aws.apigateway",
            kind: "web",
            service: self
                .request
                .service(context.api_id.as_deref(), "lambda_api_gateway"),
            resource,
            start: context.time,
            ends: self.request.headers.ends(),
            resource_key: api_arn(event, "restapis"),
        };
        let mut inferred = inference.infer(event);
        self.request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        authorizer::below(self.authorizer.as_ref(), inferred, context.time)
    }
}

/// Sets what names the API on an inferred span.
pub(super) fn tag_api(event: &Event<'_>, tags: &mut Tags) {
    let Some(context) = &event.request else {
        return;
    };
    set(tags, "apiid", context.api_id.as_deref());
    set(tags, "apiname", context.api_id.as_deref());
    set(tags, "stage", context.stage.as_deref());
    set(tags, "domain_name", context.domain_name.as_deref());
}

/// The ARN of the API: `collection` is `restapis` or `apis`.
pub(super) fn api_arn(event: &Event<'_>, collection: &str) -> Option<String> {
    let (function, id) = (
        event.function()?,
        event.request.as_ref()?.api_id.as_deref()?,
    );
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
            id,
        ]
        .concat(),
    )
}

/// The ARN of the stage, which has the same form for all kinds of APIs.
pub(super) fn stage_arn(event: &Event<'_>) -> Option<String> {
    let stage = event.request.as_ref()?.stage.as_deref()?;
    Some([&api_arn(event, "restapis")?, "/stages/", stage].concat())
}
