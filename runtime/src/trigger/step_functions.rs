//! AWS Step Functions. The definition of a state machine puts its context object into the payload.

use super::tags::tag_source;
use super::{Event, Source};
use crate::propagation::{ContextObject, TraceContext};
use crate::span::Tags;

pub(super) struct State<'a>(ContextObject<'a>);

impl<'a> Source<'a> for State<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let object = match event.batch {
            // Members after a batch are not searched: it can be large, and belongs to another service.
            Some(_) => ContextObject::find(&event.nested, &|name| event.get(name)),
            None => ContextObject::find(&event.nested, &|name| event.find(name)),
        };
        object.map(Self)
    }

    fn context(&self, _: &Event<'a>) -> Option<TraceContext> {
        Some(self.0.context())
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "states", self.0.state_machine());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read_text;
    use serde_json::{json, Value};

    fn object() -> Value {
        json!({
            "Execution": {"Id": "arn:e", "Input": {}},
            "State": {"Name": "s", "EnteredTime": "t"},
            "StateMachine": {"Id": "arn:m"},
        })
    }

    #[test]
    fn a_state_is_known_in_every_wrapping() {
        let first = read_text(&object().to_string(), &[]);
        for event in [
            object(),
            json!({ "Payload": object() }),
            json!({ "order": 1, "_datadog": object() }),
            json!({ "Payload": { "_datadog": object() } }),
        ] {
            let incoming = read_text(&event.to_string(), &[]);
            let tag = |name| incoming.tags.text(name);
            assert_eq!(tag("function_trigger.event_source"), Some("states"));
            assert_eq!(tag("function_trigger.event_source_arn"), Some("arn:m"));
            assert!(incoming.context.is_some() && incoming.context == first.context);
            assert!(incoming.inferred.is_empty() && !incoming.http);
        }
    }

    #[test]
    fn another_service_keeps_its_tags() {
        let mut event = object();
        event["requestContext"] = json!({"elb": {"targetGroupArn": "arn:t"}});
        let incoming = read_text(&event.to_string(), &[]);
        let source = incoming.tags.text("function_trigger.event_source");
        assert_eq!(source, Some("application-load-balancer"));
        assert!(incoming.context.is_some());
        event["headers"] = json!({"x-datadog-trace-id": "5"});
        let incoming = read_text(&event.to_string(), &[]);
        assert_eq!(incoming.context.unwrap().trace_id(), 5);
    }

    #[test]
    fn only_the_first_of_a_name_counts_and_nesting_ends() {
        let object = object().to_string();
        let event = format!(r#"{{"_datadog": 7, "_datadog": {object}}}"#);
        assert!(read_text(&event, &[]).context.is_none());
        for name in ["_datadog", "Payload", "Execution"] {
            let event = [
                &format!(r#"{{"State":1,"{name}":"#).repeat(100_000),
                object.as_str(),
            ]
            .concat();
            assert!(read_text(&event, &[]).context.is_none(), "{name}");
        }
    }
}
