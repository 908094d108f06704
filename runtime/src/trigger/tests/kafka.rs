//! Amazon MSK and self-managed Kafka.

use super::*;

const ARN: &str =
    "arn:aws:kafka:us-east-1:111122223333:cluster/orders-cluster/0a0a0a0a-1111-2222-3333-444444444444-5";

fn read(records: Value) -> Incoming {
    let event = json!({
        "eventSource": "aws:kafka",
        "eventSourceArn": ARN,
        "bootstrapServers": "b-1.example:9092",
        "records": records
    });
    read_event(&event)
}

fn record(partition: u32, headers: Value) -> Value {
    json!({
        "topic": "orders",
        "partition": partition,
        "offset": 15,
        "timestamp": 1735689600123_u64,
        "timestampType": "CREATE_TIME",
        "key": "a2V5",
        "value": "dmFsdWU=",
        "headers": headers
    })
}

/// A list of headers, whose values are written by `value`.
fn written(trace_id: u64, parent_id: u64, value: fn(&[u8]) -> Value) -> Vec<Value> {
    let headers = headers(trace_id, parent_id);
    let headers = headers.as_object().unwrap().iter();
    headers
        .map(|(name, text)| {
            let text = text.as_str().map_or(text.to_string(), str::to_owned);
            json!({ name: value(text.as_bytes()) })
        })
        .collect()
}

fn traced(trace_id: u64, parent_id: u64) -> Value {
    record(1, written(trace_id, parent_id, |bytes| json!(bytes)).into())
}

/// An array as the object that some serialisers make of it.
fn numbered(items: impl IntoIterator<Item = Value>) -> Value {
    let items = items.into_iter().enumerate();
    items
        .map(|(at, item)| (at.to_string(), item))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_batch_is_a_span_of_its_cluster() {
    let incoming = read(json!({"orders-1": [traced(1, 2), traced(3, 4)]}));
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4)]);
    assert_eq!(tags(&incoming.tags), source("msk", Some(ARN)));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.msk",
            "service": "orders-cluster",
            "resource": "orders",
            "type": "web",
            "start": 1_735_689_600_123_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": ARN,
                "topic": "orders",
                "partition": "1",
                "event_source": "aws:kafka",
                "event_source_arn": ARN
            }
        }])
    );
}

#[test]
fn the_first_record_with_a_context_is_the_parent_and_the_one_described() {
    let incoming = read(json!({
        "orders-0": [record(0, json!([])), record(0, json!([{"traceparen": [1]}]))],
        "orders-1": [traced(1, 2), traced(3, 4)],
        "orders-2": [traced(1, 2)]
    }));
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4)]);
    assert_eq!(incoming.inferred[0].span.tags.text("partition"), Some("1"));
    let incoming =
        read(json!({"orders-0": [record(0, json!([]))], "orders-1": [record(1, json!(7))]}));
    assert_eq!(ids(&incoming), None);
    assert_eq!(incoming.inferred[0].span.tags.text("partition"), Some("0"));
}

#[test]
fn headers_that_name_no_trace_describe_nothing() {
    for header in [json!({"baggage": b"a=b"}), json!({"b3": b"0"})] {
        let incoming = read(json!({
            "orders-0": [record(0, json!([header]))],
            "orders-1": [traced(1, 2)]
        }));
        assert_eq!(ids(&incoming), Some((1, 2)));
        assert_eq!(incoming.inferred[0].span.tags.text("partition"), Some("1"));
    }
}

#[test]
fn headers_of_different_records_are_not_mixed() {
    let only = |name: &str| {
        let mut headers = written(1, 2, |bytes| json!(bytes));
        headers.retain(|header| header.get(name).is_some());
        record(0, headers.into())
    };
    let incoming = read(json!({
        "orders-0": [only("X-Datadog-Parent-Id"), only("x-datadog-trace-id")]
    }));
    assert_eq!(ids(&incoming), Some((1, 0)));
}

#[test]
fn clusters_of_others_have_no_span() {
    let event = json!({
        "eventSource": "SelfManagedKafka",
        "bootstrapServers": "kafka.example:9092",
        "records": {"orders-0": [traced(1, 2), traced(3, 4)]}
    });
    let incoming = read_event(&event);
    assert_eq!(ids(&incoming), Some((1, 2)));
    assert_eq!(link_ids(&incoming), [(3, 4)]);
    assert_eq!(tags(&incoming.tags), json!({}));
    assert_eq!(spans(&incoming), json!([]));
}

#[test]
fn headers_come_in_many_forms() {
    let texts = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>();
    let lists: [Vec<Value>; 4] = [
        written(5, 12_345_678_901_234, |bytes| json!(bytes)),
        written(5, 12_345_678_901_234, |bytes| {
            bytes
                .iter()
                .map(|byte| Value::from(byte.to_string()))
                .collect()
        }),
        written(5, 12_345_678_901_234, |bytes| {
            numbered(bytes.iter().map(|byte| json!(byte)))
        }),
        written(5, 12_345_678_901_234, |bytes| {
            numbered(bytes.iter().map(|byte| json!(byte.to_string())))
        }),
    ];
    for list in lists {
        for headers in [Value::from(list.clone()), numbered(list)] {
            for partition in [
                json!([record(0, headers.clone())]),
                numbered([record(0, headers.clone())]),
            ] {
                let incoming = read(json!({ "orders-0": partition }));
                assert_eq!(ids(&incoming), Some((5, 12_345_678_901_234)), "{headers}");
            }
        }
    }
    let parent = "00-00000000000000000000000000000005-0000000000000006-01";
    let signed = json!([
        {"other": [-61, -87]},
        {"TraceParent": texts(parent.as_bytes())},
        {"tracestate": [-61, -87]}
    ]);
    let incoming = read(json!({"orders-0": [record(0, signed)]}));
    assert_eq!(ids(&incoming), Some((5, 6)));
}

#[test]
fn other_headers_are_no_context() {
    for headers in [
        Value::Null,
        7.into(),
        "x-datadog-trace-id".into(),
        json!([null, 7, "x", [], {}]),
        json!([{"x-datadog-trace-id": "5"}]),
        json!([{"x-datadog-trace-id": null}]),
        json!([{"x-datadog-trace-id": []}]),
        json!([{"x-datadog-trace-id": [53, null]}]),
        json!([{"x-datadog-trace-id": [256]}]),
        json!([{"x-datadog-trace-id": [-129]}]),
        json!([{"x-datadog-trace-id": [255]}]),
        json!([{"x-datadog-trace-id": ["5.5"]}]),
        json!([{"x-datadog-trace-id": {"a": 53}}]),
        json!([{"x-datadog-trace-id": {"0": {}}}]),
        json!([{"x-datadog-trace-id": {"-1": 53}}]),
    ] {
        let incoming = read(json!({"orders-0": [record(0, headers.clone())]}));
        assert_eq!(
            (ids(&incoming), incoming.inferred.len()),
            (None, 1),
            "{headers}"
        );
    }
}

#[test]
fn what_is_missing_or_odd_is_left_out() {
    let incoming = read_text(
        r#"{"records": {"a-0": [{}]}, "eventSource": "aws:kafka"}"#,
        &[],
    );
    assert_eq!(tags(&incoming.tags), source("msk", None));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.msk",
            "service": "msk",
            "resource": null,
            "type": "web",
            "start": NOW,
            "ends": "before function",
            "tags": {
                "event_source": "aws:kafka"
            }
        }])
    );

    let event = json!({
        "eventSource": "aws:kafka",
        "eventSourceArn": "cluster",
        "records": {"a-0": [{"topic": 7, "partition": "3", "timestamp": "1735689600123"}]}
    });
    let incoming = read_event(&event);
    assert_eq!(tags(&incoming.tags), source("msk", Some("cluster")));
    assert_eq!(
        spans(&incoming),
        json!([{
            "name": "aws.msk",
            "service": "msk",
            "resource": null,
            "type": "web",
            "start": 1_735_689_600_123_000_000_u64,
            "ends": "before function",
            "tags": {
                "dd_resource_key": "cluster",
                "partition": "3",
                "event_source": "aws:kafka",
                "event_source_arn": "cluster"
            }
        }])
    );
}

#[test]
fn batches_of_nothing_are_nothing() {
    for records in [
        Value::Null,
        7.into(),
        json!([]),
        json!({}),
        json!({"a-0": []}),
    ] {
        let incoming = read(records.clone());
        assert_eq!(tags(&incoming.tags), source("msk", Some(ARN)));
        assert!(
            incoming.inferred.is_empty() && incoming.context.is_none(),
            "{records}"
        );
    }
    for source in [Value::Null, 7.into(), "kafka".into()] {
        let event = json!({"eventSource": source, "records": {"a-0": [traced(1, 2)]}});
        assert!(is_nothing(&read_event(&event)));
    }
}

#[test]
fn large_batches_are_bounded() {
    let records: Vec<Value> = (1..=10_000).map(|id| traced(id, id)).collect();
    let incoming = read(json!({ "orders-0": records }));
    assert_eq!(ids(&incoming), Some((1, 1)));
    assert_eq!((incoming.links.len(), incoming.inferred.len()), (128, 1));
}
