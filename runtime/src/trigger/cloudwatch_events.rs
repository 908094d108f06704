//! Amazon CloudWatch Events: schedules, and the events of services such as RDS that list their categories.

use super::eventbridge::Envelope;
use super::search::Needle;
use super::tags::tag_source;
use super::{Event, Source};
use crate::propagation::TraceContext;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Rule<'a> {
    envelope: Envelope<'a>,
    /// The rule that fired, or what the event is about.
    resource: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> for Rule<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let envelope = Envelope::read(|name| event.get(name));
        if !(envelope.is_scheduled() || has_categories(&envelope)) {
            return None;
        }
        let resource = event.get("resources").and_then(|list| list.items().next());
        Some(Self {
            envelope,
            resource: resource.and_then(|resource| resource.as_str()),
        })
    }

    fn context(&self, _: &Event<'a>) -> Option<TraceContext> {
        self.envelope.context()
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        let resource = self.resource.as_deref();
        tag_source(tags, "cloudwatch-events", resource);
    }
}

fn has_categories(envelope: &Envelope<'_>) -> bool {
    const CATEGORIES: Needle = Needle::new("EventCategories", b"Ca");
    let categories = || {
        let detail = envelope.detail().filter(|_| envelope.is_of_aws())?;
        CATEGORIES.find(detail.rest())?;
        detail.get("EventCategories")
    };
    categories().is_some_and(|categories| !categories.is_null())
}
