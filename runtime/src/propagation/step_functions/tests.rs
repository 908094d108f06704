//! The ids of known executions, and context objects with parts missing.

use super::*;
use crate::propagation::extract_json;
use serde_json::{json, Value};

const E1: &str = "arn:aws:states:sa-east-1:425362996713:execution:abhinav-activity-state-machine:72a7ca3e-901c-41bb-b5a3-5f279b92a316";
const E1_TRACE: (u64, u64) = (0x3e7a_89d1_b731_0603, 435175499815315247);
const E1_STATE: u64 = 3929055471293792800;
const INNER: &str = "arn:aws:states:sa-east-1:425362996713:execution:abhinav-inner-state-machine:";
const ROOT: &str = "4875aba4-ae31-4a4c-bf8a-63e9eee31dad";
const ROOT_TRACE: (u64, u64) = (0x12d1_270d_99cc_5e03, 4521899030418994483);

fn legacy() -> Value {
    json!({
        "Execution": {"Id": E1, "Input": {}, "Name": "n", "RedriveCount": 0},
        "State": {"Name": "Lambda Invoke", "EnteredTime": "2024-12-04T19:38:04.118Z", "RetryCount": 0},
        "StateMachine": {"Id": "arn:aws:states:sa-east-1:425362996713:stateMachine:m", "Name": "m"},
    })
}

fn with(pointer: &str, name: &str, value: Value) -> Value {
    let mut object = legacy();
    object.pointer_mut(pointer).unwrap()[name] = value;
    object
}

fn without(pointer: &str, name: &str) -> Value {
    let mut object = legacy();
    let members = object.pointer_mut(pointer).unwrap().as_object_mut();
    members.unwrap().remove(name);
    object
}

fn v1(members: Value) -> Value {
    let mut object = legacy();
    object["serverless-version"] = "v1".into();
    for (name, value) in members.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

fn extract(object: &Value) -> Option<TraceContext> {
    let text = object.to_string();
    let json = Json::new(text.as_bytes());
    Some(ContextObject::find(&Nested::default(), &|name| json.get(name))?.context())
}

fn ids(object: &Value) -> Option<((u64, u64), u64)> {
    let context = extract(object)?;
    assert_eq!(context.sampling_priority, Some(1));
    let trace_id = context.trace_id;
    Some((
        ((trace_id >> 64) as u64, trace_id as u64),
        context.parent_id,
    ))
}

#[test]
fn ids_are_halves_of_a_hash() {
    let machine = "arn:aws:states:sa-east-1:425362996713:stateMachine:MyStateMachine-b276uka1j";
    for (text, first, second) in [
        ("some_testing_random_string", 4364271812988819936, None),
        (machine, 0x60ee_1db7_9e48_03f8, Some(1680583253837593461)),
        (&format!("{machine}#lambda#1"), 3711631873188331089, None),
        (&format!("{machine}#lambda#2"), 5759173372325510050, None),
        (E1, E1_TRACE.0, Some(E1_TRACE.1)),
        (ROOT, ROOT_TRACE.0, Some(ROOT_TRACE.1)),
        (
            "665c417c-1237-4742-aaca-8b3becbb9e75#my-awesome-state#Mon Nov 13 12:43:33 PST 2023",
            6880978411788117524,
            None,
        ),
    ] {
        let (high, low) = halves(Sha256::digest(text.as_bytes()).into());
        assert_eq!(high, first, "{text}");
        assert!(second.is_none_or(|second| second == low), "{text}");
    }
}

#[test]
fn the_execution_is_the_trace_and_the_state_the_parent() {
    let states = [
        (
            "912eaa4c-291a-488a-bda3-d06bcc21203d",
            "EventBridge PutEvents",
            "2025-03-13T15:17:34.008Z",
        ),
        (
            "79478846-0cff-44de-91f5-02c96ff65762",
            "SNS Publish",
            "2025-03-13T15:01:49.768Z",
        ),
        (
            "fe087266-fe48-4a31-a21b-691f4e7ea985",
            "EventBridge PutEvents",
            "2025-03-13T15:14:21.765Z",
        ),
        (
            "11623e4f-70ee-4330-8fbe-955152dea54c",
            "SNS Publish",
            "2025-03-13T15:19:14.061Z",
        ),
        (
            "37ff72b8-0ee0-49e2-93c0-8a1764206a03",
            "SNS Publish",
            "2025-03-13T15:29:26.182Z",
        ),
    ];
    let known = [
        (
            (0x0a49_ff3b_7fb4_7b0b, 3401561763239692811),
            2153517518581064194,
        ),
        (
            (0x3a4f_d1a2_54eb_514a, 3818106616964044169),
            325381182429965316,
        ),
        (
            (0x2ee7_d986_2d04_8173, 6527209323865742984),
            4310287065445077138,
        ),
        (
            (0x0faf_c988_85fd_4647, 1459500239678510857),
            4266287755575080658,
        ),
        (
            (0x4545_7f5f_3fde_3fa1, 5708348677301000120),
            3647352300387604216,
        ),
    ];
    for ((id, state, entered), known) in states.into_iter().zip(known) {
        let object = json!({
            "Execution": {"Id": format!("{INNER}{id}")},
            "State": {"Name": state, "EnteredTime": entered},
        });
        assert_eq!(ids(&object), Some(known), "{id}");
    }
    let execution = "arn:aws:states:us-east-1:111122223333:execution:orders-sm:aaaa1111-bbbb-2222-cccc-333333333333";
    let mut object = json!({
        "Execution": {"Id": execution, "RedriveCount": 1},
        "State": {"Name": "Charge", "EnteredTime": "2025-01-01T00:00:00.123Z", "RetryCount": 2},
    });
    let trace = (0x611e_2899_8073_2479, 5666540067746255980);
    assert_eq!(ids(&object), Some((trace, 2177486010554063731)));
    object["Execution"]["RedriveCount"] = 0.into();
    object["State"]["RetryCount"] = 0.into();
    assert_eq!(ids(&object), Some((trace, 2523403482169704187)));
}

#[test]
fn further_attempts_have_ids_of_their_own() {
    for (object, parent) in [
        (with("/State", "RetryCount", 1.into()), 5324109749361013132),
        (
            with("/Execution", "RedriveCount", 1.into()),
            8782364156266188026,
        ),
        (with("/State", "RetryCount", Value::Null), E1_STATE),
        (with("/Execution", "RedriveCount", Value::Null), E1_STATE),
        (without("/State", "RetryCount"), E1_STATE),
        (without("/Execution", "RedriveCount"), E1_STATE),
    ] {
        assert_eq!(ids(&object), Some((E1_TRACE, parent)), "{object}");
    }
}

#[test]
fn a_context_object_may_be_wrapped() {
    for object in [
        legacy(),
        json!({ "Payload": legacy() }),
        json!({ "_datadog": legacy() }),
        json!({ "Payload": { "_datadog": legacy(), "order": 1 } }),
    ] {
        assert_eq!(ids(&object), Some((E1_TRACE, E1_STATE)), "{object}");
        let text = object.to_string();
        for carrier in [
            text.clone(),
            Value::from(text.clone()).to_string(),
            json!({"Type": "String", "Value": text}).to_string(),
        ] {
            let context = extract_json(Json::new(carrier.as_bytes())).unwrap();
            assert_eq!(context.parent_id, E1_STATE, "{carrier}");
        }
    }
    let mut odd = legacy();
    odd["Payload"] = "text".into();
    odd["_datadog"] = Value::Null;
    assert_eq!(ids(&odd), Some((E1_TRACE, E1_STATE)));
}

#[test]
fn the_root_of_the_trace_is_named_by_the_first_version() {
    let begun = ((0x672a_7cb1_0000_0000, 5821803790426892636), E1_STATE);
    let (trace, tags) = (
        "5821803790426892636",
        "_dd.p.dm=-0,_dd.p.tid=672a7cb100000000",
    );
    let carrier = json!({"x-datadog-trace-id": trace, "x-datadog-tags": tags, "x-datadog-sampling-priority": "-1"});
    let hashed = |trace| (trace, E1_STATE);
    for (object, known) in [
        (v1(json!({"RootExecutionId": ROOT})), hashed(ROOT_TRACE)),
        (
            v1(json!({"x-datadog-trace-id": trace, "x-datadog-tags": tags})),
            begun,
        ),
        (
            v1(
                json!({"RootExecutionId": ROOT, "x-datadog-trace-id": trace, "x-datadog-tags": tags}),
            ),
            begun,
        ),
        (
            v1(json!({"x-datadog-trace-id": trace})),
            ((0, 5821803790426892636), E1_STATE),
        ),
        (
            v1(json!({"RootExecutionId": ROOT, "x-datadog-trace-id": "6f"})),
            hashed(ROOT_TRACE),
        ),
        (v1(json!({})), hashed(E1_TRACE)),
        // Older definitions pass the input of the execution on.
        (
            with("/Execution", "Input", json!({"_datadog": carrier})),
            begun,
        ),
        (
            with(
                "/Execution",
                "Input",
                json!({"_datadog": {"X-Datadog-Trace-Id": 7}}),
            ),
            ((0, 7), E1_STATE),
        ),
        (
            with(
                "/Execution",
                "Input",
                json!({"_datadog": {"x-datadog-trace-id": "x"}}),
            ),
            hashed(E1_TRACE),
        ),
        (with("/Execution", "Input", Value::Null), hashed(E1_TRACE)),
        (with("", "RootExecutionId", ROOT.into()), hashed(E1_TRACE)),
        (
            with("", "serverless-version", "v2".into()),
            hashed(E1_TRACE),
        ),
    ] {
        assert_eq!(ids(&object), Some(known), "{object}");
    }
}

#[test]
fn the_context_object_stands_in_tags() {
    let tags = |object| extract(&object).unwrap().root_tags;
    let known = tags(v1(
        json!({"x-datadog-trace-id": "5", "x-datadog-tags": "_dd.p.tid=672a7cb100000000"}),
    ));
    for (name, value) in [
        ("execution_id", E1),
        ("redrive_count", "0"),
        ("retry_count", "0"),
        ("state_entered_time", "2024-12-04T19:38:04.118Z"),
        ("state_name", "Lambda Invoke"),
        ("trace_id", "5"),
        ("dd_p_tid", "672a7cb100000000"),
        ("serverless_version", "v1"),
    ] {
        assert_eq!(known.text(name), Some(value), "{name}");
    }
    assert_eq!(known.printed().len(), 8);
    let known = tags(v1(json!({"RootExecutionId": ROOT})));
    assert_eq!(known.text("root_execution_id"), Some(ROOT));
    assert_eq!(tags(legacy()).printed().len(), 5);
}

#[test]
fn less_than_a_state_is_no_context() {
    for object in [
        without("", "Execution"),
        without("", "State"),
        without("/Execution", "Id"),
        without("/State", "Name"),
        without("/State", "EnteredTime"),
        with("/Execution", "Id", 7.into()),
        with("/State", "Name", Value::Null),
        with("/State", "EnteredTime", json!([])),
        with("", "State", "x".into()),
        json!({}),
        json!({"Payload": []}),
        json!({"_datadog": {"Execution": {}, "State": {}}}),
    ] {
        assert_eq!(ids(&object), None, "{object}");
        let text = object.to_string();
        assert_eq!(extract_json(Json::new(text.as_bytes())), None, "{object}");
    }
}
