//! Sets tags in the same way for all services.

use crate::span::Tags;

/// Sets a tag if it has a value.
pub(super) fn set(tags: &mut Tags, name: &'static str, value: Option<impl AsRef<str>>) {
    if let Some(value) = value {
        tags.push(name, value.as_ref());
    }
}

/// Tags `aws.lambda` with the service and the resource that the event comes from.
pub(super) fn tag_source(tags: &mut Tags, source: &'static str, arn: Option<impl AsRef<str>>) {
    tags.push("function_trigger.event_source", source);
    set(tags, "function_trigger.event_source_arn", arn);
}
