//! Amazon CloudWatch Events.

use super::*;

const ARN: &str = "arn:aws:events:us-east-1:111122223333:rule/nightly";

fn schedule() -> Value {
    json!({
        "id": "1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2025-01-01T00:00:00Z",
        "resources": [ARN, "other"],
        "detail": {}
    })
}

#[test]
fn schedules_and_events_with_categories_have_tags_and_no_span() {
    let mut categories = schedule();
    categories["source"] = "aws.rds".into();
    categories["detail"]["EventCategories"] = json!(["notification"]);
    let mut terse = schedule();
    terse.as_object_mut().unwrap().remove("detail-type");
    for event in [schedule(), categories, terse] {
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), None);
        assert_eq!(tags(&incoming.tags), source("cloudwatch-events", Some(ARN)));
        assert_eq!(spans(&incoming), json!([]));
    }
}

#[test]
fn a_context_in_them_counts() {
    let mut event = schedule();
    event["detail"]["_datadog"] = headers(5, 6);
    assert_eq!(ids(&read_event(&event)), Some((5, 6)));
    event["detail"]["_datadog"] = "{".into();
    event["_datadog"] = headers(1, 2);
    assert_eq!(ids(&read_event(&event)), Some((1, 2)));
}

#[test]
fn resources_need_not_be_there() {
    for resources in [json!([]), json!(null), json!("x"), json!([7])] {
        let mut event = schedule();
        event["resources"] = resources;
        assert_eq!(
            tags(&read_event(&event).tags),
            source("cloudwatch-events", None)
        );
    }
}

#[test]
fn without_categories_an_event_is_one_of_eventbridge() {
    let mut event = schedule();
    event["source"] = "aws.rds".into();
    for detail in [
        json!({"EventCategories": null}),
        json!({"nested": {"EventCategories": ["x"]}}),
        json!("EventCategories"),
    ] {
        event["detail"] = detail;
        let incoming = read_event(&event);
        assert_eq!(names(&incoming), ["aws.eventbridge"]);
    }
}
