//! Amazon CloudFront, which invokes functions at its edge locations.

use super::tags::tag_source;
use super::{Event, Source};
use crate::json::Json;
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Distribution<'a> {
    id: Option<Cow<'a, str>>,
}

impl<'a> Source<'a> for Distribution<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        if event.is_batch_of_aws() {
            return None;
        }
        let first = event.get("Records")?.items().next()?;
        let cf = first.get("cf").filter(Json::is_object)?;
        let id = || cf.get("config")?.get("distributionId")?.as_str();
        Some(Self { id: id() })
    }

    fn tag(&self, event: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "cloudfront", self.arn(event));
    }
}

impl<'a> Distribution<'a> {
    fn arn(&self, event: &Event<'a>) -> Option<String> {
        let function = event.function()?;
        let (partition, account) = (function.partition, function.account);
        let id = self.id.as_deref()?;
        Some(format!(
            "arn:{partition}:cloudfront::{account}:distribution/{id}"
        ))
    }
}
