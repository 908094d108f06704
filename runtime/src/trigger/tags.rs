//! Setting tags, for all services alike.

use crate::span::Tags;

/// Sets a tag if there is something to set.
pub(super) fn set(tags: &mut Tags, name: &'static str, value: Option<impl AsRef<str>>) {
    if let Some(value) = value {
        tags.push(name, value.as_ref());
    }
}

/// Says on `aws.lambda` which service the event comes from, and from which of its resources.
pub(super) fn tag_source(tags: &mut Tags, source: &'static str, arn: Option<impl AsRef<str>>) {
    tags.push("function_trigger.event_source", source);
    set(tags, "function_trigger.event_source_arn", arn);
}
