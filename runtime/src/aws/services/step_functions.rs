//! AWS Step Functions. The context is a member of the input of an execution.

use std::borrow::Cow;

use super::super::carrier::{string_with_context, Context, NAME};
use super::super::limits::{Limits, KIB};
use super::super::request::{Change, Request};
use super::super::splice::{write_string, Splice};
use super::Service;
use crate::json::Json;
use crate::span::Tags;

pub(super) struct StepFunctions;

/// For an input.
const SIZES: Limits = Limits(&[256 * KIB]);

impl Service for StepFunctions {
    fn id(&self) -> &'static str {
        "sfn"
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        let arn = request.text("stateMachineArn")?;
        tags.push("statemachinearn", &arn);
        Some(arn)
    }

    fn carries(&self, operation: &str) -> bool {
        matches!(operation, "StartExecution" | "StartSyncExecution")
    }

    fn inject(&self, _: &str, request: &Request<'_>, context: &Context<'_>) -> Option<Change> {
        let body = request.json()?;
        let input = body.get("input")?;
        let text = input.as_str()?;
        // A state machine that starts another one passes its own context object, which has more.
        if Json::new(text.as_bytes()).get(NAME).is_some() {
            return None;
        }
        let changed = string_with_context(input, context.json()?)?;
        if !SIZES.allow(text.len(), changed.len()) {
            return None;
        }
        let mut splice = Splice::new(body.rest(), changed.len());
        write_string(splice.replace(input), &changed);
        splice.finish().map(Change::Body)
    }
}
