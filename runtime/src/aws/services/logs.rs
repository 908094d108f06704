//! Amazon CloudWatch Logs.

use std::borrow::Cow;

use super::super::request::Request;
use super::Service;
use crate::span::Tags;

pub(super) struct Logs;

impl Service for Logs {
    fn id(&self) -> &'static str {
        "cloudwatchlogs"
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        let group = request.text("logGroupName")?;
        tags.push("loggroupname", &group);
        tags.push("aws.cloudwatch.logs.log_group_name", &group);
        Some(group)
    }
}
