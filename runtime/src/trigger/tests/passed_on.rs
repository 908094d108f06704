//! Messages that reached a queue through other services.

use super::sqs::queue_span;
use super::*;
use base64::Engine as _;

/// The body of a message that a topic passed on.
fn notification(message: &Value, attributes: &Value) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:orders-topic",
        "Subject": "subj",
        "Message": message,
        "Timestamp": "2025-01-01T00:00:00.100Z",
        "MessageAttributes": attributes
    })
}

fn envelope(detail: Value) -> Value {
    json!({
        "version": "0",
        "detail-type": "OrderPlaced",
        "source": "shop.orders",
        "time": "2025-01-01T00:00:00Z",
        "resources": [],
        "detail": detail
    })
}

fn topic_span() -> Value {
    json!({
        "name": "aws.sns",
        "service": "orders-topic",
        "resource": "orders-topic",
        "type": "web",
        "start": 1_735_689_600_100_000_000_u64,
        "ends": 1_735_689_600_123_000_000_u64,
        "tags": {
            "topicname": "orders-topic",
            "topic_arn": "arn:aws:sns:us-east-1:111122223333:orders-topic",
            "message_id": "sns-1",
            "type": "Notification",
            "subject": "subj"
        }
    })
}

fn bus_span(ends: u64) -> Value {
    json!({
        "name": "aws.eventbridge",
        "service": "shop.orders",
        "resource": "shop.orders",
        "type": "web",
        "start": 1_735_689_600_000_000_000_u64,
        "ends": ends,
        "tags": {"detail_type": "OrderPlaced"}
    })
}

#[test]
fn a_message_may_come_from_a_topic() {
    let json = headers(5, 6);
    let base64 = base64::engine::general_purpose::STANDARD.encode(json.to_string());
    for (message_of_topic, attributes) in [
        (
            "hello".into(),
            json!({"_datadog": {"Type": "String", "Value": json.to_string()}}),
        ),
        (
            "hello".into(),
            json!({"_datadog": {"Type": "Binary", "Value": base64}}),
        ),
        (
            json!({"order": 1, "_datadog": json}).to_string().into(),
            json!({}),
        ),
    ] {
        let body = notification(&message_of_topic, &attributes);
        for body in [body.to_string().into(), body] {
            let incoming = read_records([message(body)]);
            assert_eq!(ids(&incoming), Some((5, 6)));
            assert_eq!(spans(&incoming), json!([topic_span(), queue_span()]));
        }
    }
}

#[test]
fn a_message_may_come_from_a_bus() {
    let body = envelope(json!({"order": 1, "_datadog": headers(5, 6)}));
    let incoming = read_records([message(body.to_string())]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    let bus = bus_span(1_735_689_600_123_000_000);
    assert_eq!(spans(&incoming), json!([bus, queue_span()]));
}

#[test]
fn a_message_may_come_from_a_bus_by_way_of_a_topic() {
    let event = envelope(json!({"order": 1, "_datadog": headers(5, 6)})).to_string();
    let body = notification(&event.into(), &json!({}));
    let incoming = read_records([message(body.to_string())]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    let bus = bus_span(1_735_689_600_100_000_000);
    assert_eq!(spans(&incoming), json!([bus, topic_span(), queue_span()]));
}

#[test]
fn services_that_pass_messages_on_have_spans_without_a_context_too() {
    let event = envelope(json!(7)).to_string();
    let body = notification(&event.into(), &Value::Null);
    let incoming = read_records([message(body.to_string())]);
    assert_eq!(ids(&incoming), None);
    assert_eq!(names(&incoming), ["aws.eventbridge", "aws.sns", "aws.sqs"]);
    let starts: Vec<u64> = incoming
        .inferred
        .iter()
        .map(|inferred| inferred.span.start)
        .collect();
    assert!(starts.is_sorted());
}

#[test]
fn what_does_not_tell_its_time_begins_when_it_ends() {
    let mut event = envelope(json!({}));
    event["time"] = "yesterday".into();
    let mut body = notification(&event.to_string().into(), &json!({}));
    body["Timestamp"] = 7.into();
    let incoming = read_records([message(body.to_string())]);
    let queue = 1_735_689_600_123_000_000;
    for inferred in &incoming.inferred[..2] {
        assert_eq!(inferred.span.start, queue);
        assert_eq!(inferred.ends, Ends::At(queue));
    }
}

#[test]
fn schedules_have_no_span() {
    let mut event = envelope(json!({"_datadog": headers(5, 6)}));
    event["source"] = "aws.events".into();
    let incoming = read_records([message(event.to_string())]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    assert_eq!(names(&incoming), ["aws.sqs"]);
}

#[test]
fn the_message_knows_better_than_what_is_in_it_and_the_header_of_x_ray_comes_last() {
    let context = |attribute: bool, body: &str| {
        let mut message = message(body);
        message["attributes"]["AWSTraceHeader"] =
            "Root=1-6774a480-000000000000000000000001;Parent=0000000000000002;Sampled=1".into();
        if attribute {
            message["messageAttributes"]["_datadog"] =
                json!({"dataType": "String", "stringValue": headers(3, 4).to_string()});
        }
        ids(&read_records([message]))
    };
    let body = envelope(json!({"_datadog": headers(5, 6)})).to_string();
    assert_eq!(context(true, &body), Some((3, 4)));
    assert_eq!(context(false, &body), Some((5, 6)));
    assert_eq!(context(false, "plain"), Some((1, 2)));
    let broken = envelope(json!({"_datadog": {}})).to_string();
    assert_eq!(context(false, &broken), Some((1, 2)));
    let native = "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1";
    let mut message = message("plain");
    message["attributes"]["AWSTraceHeader"] = native.into();
    assert_eq!(ids(&read_records([message])), None);
}

#[test]
fn siblings_are_linked_whatever_they_came_through() {
    let event = envelope(json!({"_datadog": headers(5, 6)})).to_string();
    let topic = json!({"_datadog": {"Type": "String", "Value": headers(7, 8).to_string()}});
    let mut header = message("plain");
    header["attributes"]["AWSTraceHeader"] =
        "Root=1-6774a480-000000000000000000000009;Parent=000000000000000a;Sampled=1".into();
    let incoming = read_records([
        message("plain"),
        message(event.as_str()),
        message(notification(&"hello".into(), &topic).to_string()),
        message(notification(&event.into(), &json!({})).to_string()),
        header,
        message("plain"),
    ]);
    assert_eq!(ids(&incoming), Some((5, 6)));
    assert_eq!(link_ids(&incoming), [(7, 8), (9, 10)]);
    assert_eq!(spans(&incoming), json!([queue_span()]));
}

#[test]
fn other_bodies_are_plain() {
    let event = envelope(json!({"_datadog": headers(5, 6)}));
    let without = |name: &str| {
        let mut event = event.clone();
        event[name] = 7.into();
        event.to_string()
    };
    let topic = notification(&event.to_string().into(), &json!({}));
    let other = |name: &str, value: Value| {
        let mut topic = topic.clone();
        topic[name] = value;
        topic.to_string()
    };
    let text = event.to_string();
    for body in [
        without("source"),
        without("detail-type"),
        other("Type", "SubscriptionConfirmation".into()),
        other("Type", 7.into()),
        other("TopicArn", Value::Null),
        json!(text).to_string(),
        json!([event]).to_string(),
        text[1..].to_owned(),
    ] {
        let incoming = read_records([message(body.as_str())]);
        assert_eq!(ids(&incoming), None, "{body}");
        assert_eq!(spans(&incoming), json!([queue_span()]), "{body}");
    }
    // The detail is truncated: the bus is known, the context is not.
    let incoming = read_records([message(&text[..text.len() - 40])]);
    assert_eq!(names(&incoming), ["aws.eventbridge", "aws.sqs"]);
}

#[test]
fn every_service_on_the_way_can_be_renamed() {
    let event = envelope(json!({})).to_string();
    let body = notification(&event.into(), &json!({})).to_string();
    let event = batch([message(body)]).to_string();
    let services = |name, value| -> Vec<String> {
        let incoming = read_text(&event, &[(name, value)]);
        let services = incoming.inferred.into_iter();
        services
            .map(|inferred| inferred.span.service.unwrap().into_owned())
            .collect()
    };
    let mapping = "lambda_eventbridge:buses,lambda_sns:topics,lambda_sqs:queues";
    assert_eq!(
        services("DD_SERVICE_MAPPING", mapping),
        ["buses", "topics", "queues"]
    );
    let mapping = "shop.orders:a,orders-topic:b,orders-queue:c";
    assert_eq!(services("DD_SERVICE_MAPPING", mapping), ["a", "b", "c"]);
    let representation = "DD_TRACE_AWS_SERVICE_REPRESENTATION_ENABLED";
    assert_eq!(
        services(representation, "false"),
        ["eventbridge", "sns", "sqs"]
    );
}
