//! Application Load Balancers, with single or multi-value headers.

use super::http::{plain_request, Request};
use super::inferred::{Ends, Inference, Inferred};
use super::tags::set;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;
use std::cell::OnceCell;

pub(super) struct LoadBalancer<'a> {
    request: OnceCell<Request<'a>>,
    target_group: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> for LoadBalancer<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let elb = event.request.as_ref()?.elb?;
        let target_group = elb.get("targetGroupArn").and_then(|arn| arn.as_str());
        Some(Self {
            request: OnceCell::new(),
            target_group,
        })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        event.headers.context()
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        let arn = self.target_group.as_deref().map(str::to_owned);
        self.request(event)
            .tag("application-load-balancer", arn, tags);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let request = self.request(event);
        let inference = Inference {
            name: "aws.alb",
            kind: "http",
            service: request.service(request.host.as_deref(), "lambda_alb"),
            resource: request.resource(None),
            // The event contains no time.
            start: None,
            ends: Ends::WithFunction,
            resource_key: self.target_group.as_deref().map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        request.tag_inferred(&mut inferred);
        set(
            &mut inferred.span.tags,
            "target_group_arn",
            self.target_group.as_deref(),
        );
        vec![inferred]
    }
}

impl<'a> LoadBalancer<'a> {
    fn request(&self, event: &Event<'a>) -> &Request<'a> {
        self.request
            .get_or_init(|| plain_request(event, "httpMethod", "path"))
    }
}
