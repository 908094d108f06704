//! Amazon API Gateway, WebSocket APIs: connections, messages, disconnections.

use super::api_gateway_rest::{api_arn, stage_arn, tag_api};
use super::authorizer::{self, Authorizer};
use super::http::{text, Request};
use super::inferred::{Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;

pub(super) struct WebSocketApi {
    authorizer: Option<Box<Authorizer>>,
}

impl<'a> Source<'a> for WebSocketApi {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let context = event.request.as_ref()?;
        context.is_websocket().then(|| Self {
            authorizer: Authorizer::read(event),
        })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        authorizer::context(self.authorizer.as_deref(), event)
    }

    /// Only the request that opens a connection has headers; none has a method.
    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        let (context, headers) = (event.request.clone().unwrap_or_default(), &event.headers);
        let request = Request {
            scheme: "https".into(),
            host: text(context.domain_name),
            user_agent: context.user_agent().or_else(|| headers.user_agent()),
            referer: headers.referer(),
            ..Request::default()
        };
        request.tag("api-gateway", stage_arn(event), tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(context) = &event.request else {
            return Vec::new();
        };
        let request = Request {
            scheme: "https".into(),
            host: text(context.domain_name),
            // The route is used as the path.
            path: text(context.route_key),
            ..Request::default()
        };
        let (id, received) = (text(context.api_id), context.time());
        let inference = Inference {
            name: "aws.apigateway",
            kind: "web",
            service: request.service(id.as_deref(), "lambda_api_gateway"),
            resource: request.resource(None),
            start: received,
            ends: event.headers.ends(),
            resource_key: api_arn(event, "apis"),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        tag_api(event, &mut inferred.span.tags);
        for (tag, value) in [
            ("connection_id", context.connection_id),
            ("event_type", context.event_type),
            ("message_direction", context.message_direction),
        ] {
            set(&mut inferred.span.tags, tag, text(value));
        }
        authorizer::below(self.authorizer.as_deref(), inferred, received)
    }
}
