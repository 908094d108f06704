//! Amazon EventBridge. The context is a member of each event's detail.

use std::borrow::Cow;

use super::super::carrier::{string_with_context, Context};
use super::super::limits::{Limits, KIB, MIB};
use super::super::request::{Change, Request};
use super::super::splice::{write_string, Splice};
use super::Service;
use crate::json::Json;
use crate::span::Tags;

pub(super) struct EventBridge;

/// The total size of a request's entries must stay below 256 KiB or 1 MiB.
const SIZES: Limits = Limits(&[256 * KIB - 1, MIB - 1]);
/// The number of bytes that the time of an entry counts for.
const TIME: usize = 14;

impl Service for EventBridge {
    fn id(&self) -> &'static str {
        "eventbridge"
    }

    fn host(&self) -> Option<&'static str> {
        Some("events")
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        let name = request.text("Name")?;
        tags.push("rulename", &name);
        Some(name)
    }

    fn carries(&self, operation: &str) -> bool {
        operation == "PutEvents"
    }

    fn inject(&self, _: &str, request: &Request<'_>, context: &Context<'_>) -> Option<Change> {
        let input = request.json()?;
        let entries = input.get("Entries")?;
        let count = context.entries(entries.items().count());
        let mut total: usize = entries.items().map(size).sum();
        let start = context.now.to_string();

        let mut splice = Splice::new(input.rest(), count * 800);
        for entry in entries.items().take(count) {
            let Some(detail) = entry.get("Detail") else {
                continue;
            };
            let bus = entry.get("EventBusName").and_then(|bus| bus.as_str());
            let mut more = vec![("x-datadog-start-time", start.as_str())];
            if let Some(bus) = &bus {
                more.push(("x-datadog-resource-name", name_of_bus(bus)));
            }
            let json = context.json_with(&more)?;
            let Some(text) = string_with_context(detail, &json) else {
                continue;
            };
            let before = detail.as_str().map_or(0, |detail| detail.len());
            let after = total.saturating_sub(before) + text.len();
            if SIZES.allow(total, after) {
                total = after;
                write_string(splice.replace(detail), &text);
            }
        }
        splice.finish().map(Change::Body)
    }
}

/// The name of a bus, which may be given as an ARN.
fn name_of_bus(bus: &str) -> &str {
    match bus.split_once(":event-bus/") {
        Some((_, name)) => name,
        None => bus,
    }
}

/// The size of an entry in bytes, as EventBridge counts it.
fn size(entry: Json<'_>) -> usize {
    let length = |value: Json<'_>| value.as_str().map_or(0, |text| text.len());
    let members = entry.members().map(|(name, value)| match &*name {
        "Source" | "DetailType" | "Detail" => length(value),
        "Resources" => value.items().map(length).sum(),
        "Time" => TIME,
        _ => 0,
    });
    members.sum()
}
