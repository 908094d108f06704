//! Durable executions of Lambda functions: the function is invoked many times, each time with its operations so far.

use super::{Event, Source};
use crate::json::Json;
use crate::propagation::{extract_json, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Execution<'a> {
    arn: Cow<'a, str>,
    /// The operations so far: an array, or an object with ids as names.
    operations: Option<Json<'a>>,
}

impl<'a> Source<'a> for Execution<'a> {
    const DURABLE: bool = true;

    fn detect(event: &Event<'a>) -> Option<Self> {
        let arn = event.get("DurableExecutionArn")?.as_str()?;
        let state = event.get("InitialExecutionState");
        let operations = state
            .and_then(|state| state.get("Operations"))
            .filter(|operations| operations.is_array() || operations.is_object());
        Some(Self { arn, operations })
    }

    /// The context of the last checkpoint: tracers save it as an operation named `_datadog_{N}`.
    fn context(&self, _: &Event<'a>) -> Option<TraceContext> {
        let numbered = self.operations().filter_map(|operation| {
            let number = checkpoint(&operation.get("Name")?.as_str()?)?;
            Some((number, operation))
        });
        let (_, last) = numbered.max_by_key(|(number, _)| *number)?;
        let payload = last.get("Payload").and_then(extract_json);
        payload.or_else(|| extract_json(last.get("StepDetails")?.get("Result")?))
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        if let Some((name, id)) = self.name() {
            tags.push("aws.durable.execution_name", name);
            tags.push("aws.durable.execution_id", id);
        }
        if self.operations.is_some() {
            // The execution itself is the first operation.
            let first = self.operations().take(2).count() == 1;
            tags.push(
                "aws.durable.first_invocation",
                if first { "true" } else { "false" },
            );
        }
    }
}

impl<'a> Execution<'a> {
    fn operations(&self) -> impl Iterator<Item = Json<'a>> {
        let operations = self.operations.unwrap_or_else(|| Json::new(b""));
        let (mut listed, mut named) = (operations.items(), operations.entries());
        std::iter::from_fn(move || listed.next().or_else(|| Some(named.next()?.1)))
    }

    /// The name and the id at the end of the ARN, `../durable-execution/{name}/{id}`.
    fn name(&self) -> Option<(&str, &str)> {
        let mut parts = self.arn.rsplit('/');
        let (id, name) = (parts.next()?, parts.next()?);
        let known = parts.next()? == "durable-execution" && !id.is_empty() && !name.is_empty();
        known.then_some((name, id))
    }
}

/// The number in the name of a checkpoint.
fn checkpoint(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("_datadog_")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use serde_json::{json, Value};

    const ARN: &str = "arn:aws:lambda:us-east-1:1:function:f:1/durable-execution/order-981/0b0b";

    fn event(operations: Value) -> String {
        json!({"DurableExecutionArn": ARN, "InitialExecutionState": {"Operations": operations}})
            .to_string()
    }

    fn headers(trace_id: u64) -> Value {
        json!({"x-datadog-trace-id": trace_id.to_string(), "x-datadog-parent-id": "6"})
    }

    fn trace_id(event: &str) -> Option<u128> {
        let context = read_text(event, &[]).context;
        context.map(|context| context.trace_id())
    }

    #[test]
    fn the_last_checkpoint_has_the_context() {
        let checkpoint = |number: &str, members: Value| {
            let mut operation = members;
            operation["Name"] = format!("_datadog_{number}").into();
            operation
        };
        let object = |id| json!({"StepDetails": {"Result": headers(id)}});
        let text = |id| json!({"StepDetails": {"Result": headers(id).to_string()}});
        let payload =
            |id| json!({"Payload": headers(id).to_string(), "StepDetails": {"Result": headers(1)}});
        for (operations, known) in [
            (json!([{"Id": "1"}, checkpoint("0", object(3))]), Some(3)),
            (
                json!([checkpoint("10", text(5)), checkpoint("9", object(3))]),
                Some(5),
            ),
            (
                json!({"a": checkpoint("2", payload(7)), "b": checkpoint("1", text(5))}),
                Some(7),
            ),
            (
                json!([
                    checkpoint("-1", text(5)),
                    checkpoint("+2", text(5)),
                    checkpoint("", text(5))
                ]),
                None,
            ),
            (
                json!([checkpoint("1", json!({"StepDetails": {"Result": "{}"}}))]),
                None,
            ),
            (
                json!([checkpoint("1", json!({"StepDetails": null})), 7, null]),
                None,
            ),
            (json!("text"), None),
            (json!([]), None),
        ] {
            assert_eq!(trace_id(&event(operations.clone())), known, "{operations}");
        }
    }

    #[test]
    fn the_event_may_have_its_context_elsewhere() {
        let direct = json!({"DurableExecutionArn": ARN, "_datadog": headers(9)});
        assert_eq!(trace_id(&direct.to_string()), Some(9));
    }

    #[test]
    fn the_execution_is_named_and_its_first_invocation_marked() {
        for (operations, first) in [
            (json!([{}]), Some("true")),
            (json!({"a": {}}), Some("true")),
            (json!([{}, {}]), Some("false")),
            (json!([]), Some("false")),
            (json!(null), None),
        ] {
            let incoming = read_text(&event(operations), &[]);
            let tag = |name| incoming.tags.text(name);
            assert_eq!(tag("aws.durable.first_invocation"), first);
            assert_eq!(tag("aws.durable.execution_name"), Some("order-981"));
            assert_eq!(tag("aws.durable.execution_id"), Some("0b0b"));
            assert!(incoming.durable && !incoming.http);
        }
        for arn in [
            "odd",
            "a/durable-execution/b",
            "a/other/b/c",
            "a/durable-execution//c",
        ] {
            let incoming = read_text(&json!({"DurableExecutionArn": arn}).to_string(), &[]);
            assert_eq!(incoming.tags.printed().len(), 0, "{arn}");
            assert!(incoming.durable);
        }
        assert!(!read_text(&json!({"DurableExecutionArn": 7}).to_string(), &[]).durable);
    }
}
