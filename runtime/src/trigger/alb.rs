//! Application Load Balancers, with single or multi-value headers.

use super::http::{HttpHeaders, Request};
use super::inferred::{Ends, Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct LoadBalancer<'a> {
    request: Request<'a>,
    target_group: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> for LoadBalancer<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let elb = event.request.as_ref()?.elb?;
        let text = |member| event.get(member).and_then(|value| value.as_str());
        let headers = HttpHeaders::of(event);
        let path = text("path");
        let request = Request {
            scheme: headers.forwarded_proto.clone().unwrap_or("http".into()),
            host: headers.host.clone(),
            // Load balancers do not tell which of their rules it was.
            route: path.clone(),
            path,
            method: text("httpMethod"),
            user_agent: None,
            headers,
        };
        let target_group = elb.get("targetGroupArn").and_then(|arn| arn.as_str());
        Some(Self {
            request,
            target_group,
        })
    }

    fn context(&self) -> Option<TraceContext> {
        self.request.headers.context()
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        let arn = self.target_group.as_deref().map(str::to_owned);
        self.request.tag("application-load-balancer", arn, tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let inference = Inference {
            name: "aws.alb",
            kind: "http",
            service: self
                .request
                .service(self.request.host.as_deref(), "lambda_alb"),
            resource: self.request.resource(None),
            // The event tells no time.
            start: None,
            ends: Ends::WithFunction,
            resource_key: self.target_group.as_deref().map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        self.request.tag_inferred(&mut inferred);
        set(
            &mut inferred.span.tags,
            "target_group_arn",
            self.target_group.as_deref(),
        );
        vec![inferred]
    }
}
