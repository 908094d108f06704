//! AWS AppSync, whose resolvers pass on the request that they answer. The usual callers are browsers with RUM.

use super::{Event, Source};
use crate::json::Json;
use crate::propagation::{extract, Headers, TraceContext};
use crate::span::Tags;

pub(super) struct Resolver<'a> {
    headers: Json<'a>,
}

impl<'a> Source<'a> for Resolver<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let headers = event.get("request")?.get("headers")?;
        headers.is_object().then_some(Self { headers })
    }

    fn context(&self, event: &Event<'a>) -> Option<TraceContext> {
        let found = extract(&Headers::of(self.headers));
        // A mapping template may put headers beside the request, too.
        TraceContext::or_else(found, || event.headers.context())
    }

    /// Sets none: Datadog's other libraries do not name AppSync, and the event does not say which API it was.
    fn tag(&self, _: &Event<'a>, _: &mut Tags) {}
}
