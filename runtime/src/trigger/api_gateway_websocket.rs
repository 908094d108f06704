//! Amazon API Gateway, WebSocket APIs: connections, messages, disconnections.

use super::api_gateway_rest::{api_arn, stage_arn, tag_api};
use super::authorizer::{self, Authorizer};
use super::http::{HttpHeaders, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;

pub(super) struct WebSocketApi<'a> {
    /// Only the request that opens a connection has headers; none has a method, and the route stands for the path.
    request: Request<'a>,
    authorizer: Option<Authorizer>,
}

impl<'a> Source<'a> for WebSocketApi<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        if !context.is_websocket() {
            return None;
        }
        let request = Request {
            scheme: "https".into(),
            host: context.domain_name.clone(),
            user_agent: context.user_agent.clone(),
            headers: HttpHeaders::of(event),
            ..Request::default()
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
        let request = Request {
            scheme: "https".into(),
            host: context.domain_name.clone(),
            path: context.route_key.clone(),
            ..Request::default()
        };
        let inference = Inference {
            name: "aws.apigateway",
            kind: "web",
            service: request.service(context.api_id.as_deref(), "lambda_api_gateway"),
            resource: request.resource(None),
            start: context.time,
            ends: self.request.headers.ends(),
            resource_key: api_arn(event, "apis"),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        for (tag, value) in [
            ("connection_id", &context.connection_id),
            ("event_type", &context.event_type),
            ("message_direction", &context.message_direction),
        ] {
            set(&mut inferred.span.tags, tag, value.as_deref());
        }
        authorizer::below(self.authorizer.as_ref(), inferred, context.time)
    }
}
