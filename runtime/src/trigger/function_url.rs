//! Lambda function URLs.

use super::api_gateway_http::payload_v2;
use super::http::Request;
use super::inferred::{Inference, Inferred};
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;

pub(super) struct FunctionUrl<'a> {
    request: Request<'a>,
}

impl<'a> Source<'a> for FunctionUrl<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        if !event.request.as_ref()?.is_function_url() {
            return None;
        }
        let request = Request {
            route: event.get("routeKey").and_then(|route| route.as_str()),
            ..payload_v2(event)?
        };
        Some(Self { request })
    }

    fn context(&self) -> Option<TraceContext> {
        self.request.headers.context()
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        self.request
            .tag("lambda-function-url", url_arn(event), tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let Some(context) = &event.request else {
            return Vec::new();
        };
        let inference = Inference {
            name: "aws.lambda.url",
            kind: "http",
            service: self
                .request
                .service(context.api_id.as_deref(), "lambda_url"),
            resource: self.request.resource(None),
            start: context.time,
            ends: self.request.headers.ends(),
            resource_key: url_arn(event),
        };
        let mut inferred = inference.infer(event);
        self.request.tag_inferred(&mut inferred);
        vec![inferred]
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
