//! Links to the objects and items that an event tells of.

use ddlambda::testing::{SpanLink, Trace};
use ddlambda_tests::{binary, events};

/// Checks the link to the item of the event.
#[track_caller]
fn assert_pointer(trace: &Trace, link: &SpanLink) {
    assert_eq!(
        (link.trace_id, link.span_id, link.flags),
        (0, 0, None),
        "{trace}"
    );
    assert_eq!(link.tracestate, "");
    let attributes = link.attributes.iter();
    let attributes: Vec<_> = attributes.map(|(name, text)| (&**name, &**text)).collect();
    assert_eq!(
        attributes,
        [
            ("link.kind", "span-pointer"),
            ("ptr.dir", "u"),
            ("ptr.hash", "01872e2c279f75e11f598fa06ecf331e"),
            ("ptr.kind", "aws.dynamodb.item"),
        ],
        "{trace}"
    );
}

#[tokio::test]
async fn items_are_pointed_to_by_the_span_of_their_table() {
    let lambda = binary!("function").start().await;
    let trace = lambda.invoke(events::dynamodb()).await.trace().await;
    assert_pointer(&trace, &trace.span("aws.dynamodb").links[0]);
    assert_eq!(trace.span("aws.lambda").links, []);
}

#[tokio::test]
async fn without_such_a_span_the_function_points_to_them() {
    let lambda = binary!("function").env("DD_TRACE_MANAGED_SERVICES", "false");
    let lambda = lambda.start().await;
    let trace = lambda.invoke(events::dynamodb()).await.trace().await;
    assert_pointer(&trace, &trace.span("aws.lambda").links[0]);
}

#[tokio::test]
async fn a_log_line_has_as_many_as_fit() {
    let lambda = binary!("function").agent(false).start().await;
    let mut event = events::dynamodb();
    let records = vec![event["Records"][0].clone(); 1000];
    event["Records"] = records.into();
    let trace = lambda.invoke(event).await.trace().await;
    let links = &trace.span("aws.dynamodb").links;
    assert_eq!(links.len(), 128);
    for link in links {
        assert_pointer(&trace, link);
    }
}
