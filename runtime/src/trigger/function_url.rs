//! Lambda function URLs.

use super::api_gateway_http::payload_v2;
use super::http::{text, Request};
use super::inferred::{Inference, Inferred};
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::cell::OnceCell;

pub(super) struct FunctionUrl<'a> {
    request: OnceCell<Request<'a>>,
}

impl<'a> Source<'a> for FunctionUrl<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let request = OnceCell::new();
        let is_mine = event.request.as_ref()?.is_function_url();
        is_mine.then_some(Self { request })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        event.headers.context()
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        self.request(event)
            .tag("lambda-function-url", url_arn(event), tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(context) = &event.request else {
            return Vec::new();
        };
        let (request, id) = (self.request(event), text(context.api_id));
        let inference = Inference {
            name: "aws.lambda.url",
            kind: "http",
            service: request.service(id.as_deref(), "lambda_url"),
            resource: request.resource(None),
            start: context.time(),
            ends: event.headers.ends(),
            resource_key: url_arn(event),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        vec![inferred]
    }
}

impl<'a> FunctionUrl<'a> {
    fn request(&self, event: &Event<'a>) -> &Request<'a> {
        self.request.get_or_init(|| Request {
            route: event.get("routeKey").and_then(|route| route.as_str()),
            ..payload_v2(event)
        })
    }
}

fn url_arn(event: &Event<'_>) -> Option<String> {
    let function = event.function()?;
    let (partition, region) = (function.partition, function.region);
    let (account, name) = (function.account, function.name);
    Some(format!(
        "arn:{partition}:lambda:{region}:{account}:url:{name}"
    ))
}
