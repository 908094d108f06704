//! Amazon VPC Lattice, both versions of its events. There is no inferred span, since version 1 events contain neither a
//! time nor a service.

use super::http::{plain_request, text};
use super::{Event, Source};
use crate::json::Str;
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Lattice<'a> {
    /// The member that holds the path.
    path: &'static str,
    /// The ARN of the target group, else of the service.
    arn: Option<Str<'a>>,
}

impl<'a> Source<'a> for Lattice<'a> {
    const HTTP: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let text = |member| event.get(member)?.string();
        let context = event.request.as_ref();
        let arn = context.and_then(|context| context.target_group_arn.or(context.service_arn));
        let path = match arn {
            Some(_) => "path",
            None => "raw_path",
        };
        text("method")?;
        (arn.is_some() || text(path).is_some()).then_some(Self { path, arn })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        event.headers.context()
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        let arn = text(self.arn).map(Cow::into_owned);
        plain_request(event, "method", self.path).tag("vpc-lattice", arn, tags);
    }
}
