//! Amazon VPC Lattice, both versions of its events. There is no span for it: the events of the first say neither when
//! nor through what they came.

use super::http::{HttpHeaders, Request};
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Lattice<'a> {
    request: Request<'a>,
    /// The target group, else the service.
    arn: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> for Lattice<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let text = |member| event.get(member).and_then(|value| value.as_str());
        let arn = event.request.as_ref().and_then(|context| {
            let target_group = context.target_group_arn.clone();
            target_group.or_else(|| context.service_arn.clone())
        });
        let path = match arn {
            Some(_) => text("path"),
            None => Some(text("raw_path")?),
        };
        let method = text("method")?;
        let headers = HttpHeaders::of(event);
        let request = Request {
            scheme: headers.forwarded_proto.clone().unwrap_or("http".into()),
            host: headers.host.clone(),
            // Listeners do not tell which of their rules it was.
            route: path.clone(),
            path,
            method: Some(method),
            user_agent: None,
            headers,
        };
        Some(Self { request, arn })
    }

    fn context(&self) -> Option<TraceContext> {
        self.request.headers.context()
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        let arn = self.arn.as_deref().map(str::to_owned);
        self.request.tag("vpc-lattice", arn, tags);
    }
}
