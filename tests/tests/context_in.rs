//! The trace that an event carries is continued.

use ddlambda::testing::Trace;
use ddlambda_tests::binary;
use ddlambda_tests::events::{self, PARENT_ID, TRACE_ID};
use serde_json::{json, Value};

const TRACEPARENT: &str = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01";

/// Whether the outermost span continues the trace of the events.
#[track_caller]
fn assert_continued(trace: &Trace, first: &str) {
    let root = trace.root();
    assert_eq!(
        (root.name.as_str(), root.trace_id, root.parent_id),
        (first, TRACE_ID, PARENT_ID),
        "{trace}"
    );
}

#[tokio::test]
async fn every_service_has_its_way() {
    let mut lists_only = events::rest();
    lists_only["headers"] = Value::Null;
    let mut upper_case = events::function_url();
    upper_case["headers"] = json!({ "X-DATADOG-TRACE-ID": 5_211_111_111_111_111_115_u64,
        "X-Datadog-Parent-Id": "6322222222222222226", "X-Datadog-Tags": "_dd.p.tid=65e1f2a300000000" });
    let lambda = binary!("function").start().await;
    for (event, first, source) in [
        (events::rest(), "aws.apigateway", Some("api-gateway")),
        (lists_only, "aws.apigateway", Some("api-gateway")),
        (
            events::rest_authorized(),
            "aws.apigateway.authorizer",
            Some("api-gateway"),
        ),
        (events::http_api(), "aws.httpapi", Some("api-gateway")),
        (
            events::function_url(),
            "aws.lambda.url",
            Some("lambda-function-url"),
        ),
        (upper_case, "aws.lambda.url", Some("lambda-function-url")),
        (
            events::load_balancer(),
            "aws.alb",
            Some("application-load-balancer"),
        ),
        (events::app_sync(), "aws.lambda", None),
        (events::sqs_batch(), "aws.sqs", Some("sqs")),
        (events::sqs_binary(), "aws.sqs", Some("sqs")),
        (json!({ "headers": events::headers() }), "aws.lambda", None),
        (json!({ "_datadog": events::headers() }), "aws.lambda", None),
        (
            json!({ "_datadog": events::headers().to_string() }),
            "aws.lambda",
            None,
        ),
    ] {
        let trace = lambda.invoke(&event).await.trace().await;
        assert_continued(&trace, first);
        let span = trace.span("aws.lambda");
        assert_eq!(span.tag("function_trigger.event_source"), source);
    }
}

#[tokio::test]
async fn what_comes_with_the_ids_is_kept() {
    let lambda = binary!("function").start().await;
    let trace = lambda
        .invoke(json!({ "_datadog": events::headers() }))
        .await
        .trace()
        .await;
    let root = trace.root();
    assert_eq!(trace.priority(), Some(2));
    assert_eq!(root.tag("_dd.origin"), Some("rum"));
    assert_eq!(root.tag("_dd.p.dm"), Some("-4"));
    assert_eq!(root.tag("_dd.p.tid"), Some("65e1f2a300000000"));
}

#[tokio::test]
async fn the_client_context_counts_when_the_event_has_nothing() {
    let lambda = binary!("function").start().await;
    for custom in [
        events::headers(),
        json!({ "_datadog": events::headers().to_string() }),
    ] {
        let invocation = lambda
            .invocation()
            .client_context(json!({ "custom": custom }));
        let trace = invocation.send().await.trace().await;
        assert_continued(&trace, "aws.lambda");
    }
    let invocation = lambda
        .invocation()
        .event(json!({ "_datadog": { "traceparent": TRACEPARENT } }));
    let invocation = invocation.client_context(json!({ "custom": events::headers() }));
    let trace = invocation.send().await.trace().await;
    assert_eq!(trace.trace_id(), 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
}

#[tokio::test]
async fn w3c_headers_alone_will_do() {
    let lambda = binary!("function").start().await;
    let mut event = events::rest_without_context();
    event["headers"]["traceparent"] = TRACEPARENT.into();
    event["headers"]["tracestate"] = "dd=s:2;o:rum;t.dm:-4;p:00f067aa0ba902b7,other=1".into();
    let trace = lambda.invoke(event).await.trace().await;
    let root = trace.root();
    assert_eq!(root.trace_id, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    assert_eq!(
        (&*root.name, root.parent_id),
        ("aws.apigateway", 0x00f0_67aa_0ba9_02b7)
    );
    assert_eq!(trace.priority(), Some(2));
    assert_eq!(root.tag("_dd.origin"), Some("rum"));
    assert_eq!(root.tag("_dd.p.dm"), Some("-4"));
}

#[tokio::test]
async fn without_a_context_a_trace_begins() {
    let lambda = binary!("function").start().await;
    let mut ids = Vec::new();
    for event in [
        json!({}),
        events::rest_without_context(),
        events::sqs_xray(),
        json!({ "_datadog": { "x-datadog-trace-id": "0" } }),
        json!({ "_datadog": { "traceparent": "00-zz-1-01" } }),
    ] {
        let trace = lambda.invoke(&event).await.trace().await;
        assert_eq!(
            (trace.root().parent_id, trace.priority()),
            (0, Some(1)),
            "{event}"
        );
        ids.push(trace.trace_id());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn the_records_of_a_batch_are_linked() {
    let lambda = binary!("function").start().await;
    let mut event = events::sqs_batch();
    for (number, record) in event["Records"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let headers =
            json!({ "x-datadog-trace-id": (number + 70).to_string(), "x-datadog-parent-id": "5" });
        record["messageAttributes"]["_datadog"]["stringValue"] = headers.to_string().into();
    }
    let trace = lambda.invoke(event).await.trace().await;
    assert_eq!((trace.trace_id(), trace.root().parent_id), (70, 5));
    let links = &trace.span("aws.lambda").links;
    let ids: Vec<_> = links
        .iter()
        .map(|link| (link.trace_id, link.span_id))
        .collect();
    assert_eq!(ids, [(71, 5), (72, 5)]);
}

#[tokio::test]
async fn an_extractor_is_asked_first() {
    let lambda = binary!("function").args(["extractor"]).start().await;
    let mut event = events::rest();
    event["ids"] = json!({ "trace": 77, "span": 5 });
    let trace = lambda.invoke(&event).await.trace().await;
    assert_eq!((trace.trace_id(), trace.root().parent_id), (77, 5));
    assert_eq!(
        (&*trace.root().name, trace.priority()),
        ("aws.apigateway", Some(2))
    );

    // Where it finds nothing, the others are asked.
    let trace = lambda.invoke(events::rest()).await.trace().await;
    assert_continued(&trace, "aws.apigateway");
}

#[tokio::test]
async fn an_extractor_may_be_a_closure() {
    let lambda = binary!("function").args(["closure"]).start().await;
    let trace = lambda.invoke(json!({ "trace": 78 })).await.trace().await;
    assert_eq!((trace.trace_id(), trace.root().parent_id), (78, 9));
    let trace = lambda
        .invoke(json!({ "_datadog": events::headers() }))
        .await
        .trace()
        .await;
    assert_continued(&trace, "aws.lambda");
}

#[tokio::test]
async fn while_an_extractor_looks_nobody_is_told_of_a_trace() {
    let lambda = binary!("function").args(["asking-extractor"]).start().await;
    let outcome = lambda.invoke(events::rest()).await;
    let response = outcome.response();
    assert_eq!(response["told"], "0");
    assert_eq!(response["headers"]["x-datadog-trace-id"], "80");
    assert_eq!(outcome.trace().await.trace_id(), 80);
}

#[tokio::test]
async fn an_extractor_that_panics_found_nothing() {
    let lambda = binary!("function")
        .args(["panicking-extractor"])
        .start()
        .await;
    let outcome = lambda.invoke(events::rest()).await;
    assert!(outcome.is_ok());
    let trace = outcome.trace().await;
    assert_continued(&trace, "aws.apigateway");
    assert!(!trace.span("aws.lambda").error);
}

#[tokio::test]
async fn an_extractor_that_finds_nothing_says_so_in_one_debug_line() {
    const NOTHING: &str = "the trace extractor found no context";
    const PANICKED: &str = "the trace extractor panicked";
    let registered = binary!("function").env("DD_TRACE_EXTRACTOR", "orders.context");
    for (function, line) in [
        (binary!("function").args(["extractor"]), NOTHING),
        (binary!("function").args(["panicking-extractor"]), PANICKED),
        (registered, NOTHING),
    ] {
        for (level, expected) in [("debug", 1), ("error", 0)] {
            let lambda = function.clone().env("DD_LOG_LEVEL", level).start().await;
            for _ in 0..2 {
                let logs = lambda.invoke(events::rest()).await.logs().await;
                let said = logs.iter().filter(|said| said.contains(line));
                assert_eq!(said.count(), expected, "{level} {logs:?}");
            }
        }
    }
    // Where there is none, there is nothing to say.
    let function = binary!("function").env("DD_LOG_LEVEL", "debug");
    let logs = function.start().await.invoke(events::rest()).await;
    let logs = logs.logs().await;
    assert!(
        !logs.iter().any(|line| line.contains("extractor")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn a_registered_extractor_is_picked_by_name() {
    for name in ["orders.context", "shop/orders.context"] {
        let lambda = binary!("function")
            .env("DD_TRACE_EXTRACTOR", name)
            .start()
            .await;
        let trace = lambda.invoke(json!({ "trace": 79 })).await.trace().await;
        assert_eq!(
            (trace.trace_id(), trace.root().parent_id),
            (79, 11),
            "{name}"
        );
        assert_eq!(trace.priority(), Some(2));
        // It does not decode: the default chain goes on.
        let trace = lambda
            .invoke(json!({ "_datadog": events::headers() }))
            .await
            .trace()
            .await;
        assert_continued(&trace, "aws.lambda");
    }
    let function = binary!("function").env("DD_TRACE_EXTRACTOR", "orders.headers");
    let lambda = function.start().await;
    let trace = lambda
        .invoke(json!({ "envelope": events::headers() }))
        .await
        .trace()
        .await;
    assert_continued(&trace, "aws.lambda");
}

#[tokio::test]
async fn an_unknown_extractor_is_one_line_that_lists_the_known() {
    let function = binary!("function").env("DD_TRACE_EXTRACTOR", "order.context");
    let lambda = function.start().await;
    for _ in 0..2 {
        let trace = lambda
            .invoke(json!({ "_datadog": events::headers() }))
            .await
            .trace()
            .await;
        assert_continued(&trace, "aws.lambda");
    }
    let logs = lambda.logs();
    let lines: Vec<_> = logs
        .iter()
        .filter(|line| line.contains("DD_TRACE_EXTRACTOR"))
        .collect();
    assert_eq!(lines.len(), 1, "{logs:?}");
    assert!(lines[0].contains("`order.context`"));
    assert!(
        lines[0].contains("known: orders.context, orders.headers"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_carrier_in_the_payload_is_the_parent() {
    let lambda = binary!("function").args(["carrier"]).start().await;
    let trace = lambda
        .invoke(json!({ "sent_by": events::headers() }))
        .await
        .trace()
        .await;
    assert_continued(&trace, "aws.lambda");
    let trace = lambda
        .invoke(json!({ "_datadog": events::headers() }))
        .await
        .trace()
        .await;
    assert_continued(&trace, "aws.lambda");
    let trace = lambda.invoke(json!({})).await.trace().await;
    assert_eq!(trace.root().parent_id, 0);
}

#[tokio::test]
async fn a_parent_may_be_a_link() {
    let lambda = binary!("function").args(["link"]).start().await;
    for event in [events::rest(), events::sqs_batch()] {
        let trace = lambda.invoke(&event).await.trace().await;
        assert_ne!(trace.trace_id(), TRACE_ID);
        assert_eq!((trace.root().parent_id, trace.priority()), (0, Some(1)));
        let links = &trace.span("aws.lambda").links;
        let ids: Vec<_> = links
            .iter()
            .map(|link| (link.trace_id, link.span_id))
            .collect();
        assert_eq!(ids, [(TRACE_ID, PARENT_ID)]);
    }
}

#[tokio::test]
async fn the_handler_names_its_service_and_resource() {
    let function = binary!("function")
        .args(["named"])
        .env("DD_SERVICE", "shop");
    let trace = function.start().await.invoke(json!({})).await.trace().await;
    let span = trace.span("aws.lambda");
    assert_eq!(
        (&*span.service, &*span.resource),
        ("checkout", "place order")
    );
    assert_eq!(span.tag("_dd.base_service"), Some("shop"));
}

#[tokio::test]
async fn a_handler_on_requests_continues_the_trace() {
    let lambda = binary!("http").start().await;
    for (event, first) in [
        (events::rest(), "aws.apigateway"),
        (events::http_api(), "aws.httpapi"),
        (events::function_url(), "aws.lambda.url"),
    ] {
        let outcome = lambda.invoke(&event).await;
        assert!(outcome.is_ok());
        let trace = outcome.trace().await;
        assert_continued(&trace, first);
        let status = trace.span("aws.lambda").tag("http.status_code");
        assert_eq!(status, Some("200"));
    }
}

#[tokio::test]
async fn a_batch_may_begin_a_trace_of_its_own() {
    for (behavior, links) in [("restart", 3), ("ignore", 0)] {
        let function = binary!("function").env("DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT", behavior);
        let mut batch = events::sqs_batch();
        for (at, record) in batch["Records"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .enumerate()
        {
            let carrier = json!({ "x-datadog-trace-id": (at + 1).to_string(), "x-datadog-parent-id": "9",
                "x-datadog-sampling-priority": "-1", "baggage": format!("user.id={at}") });
            record["messageAttributes"]["_datadog"]["stringValue"] = carrier.to_string().into();
        }
        let lambda = function.start().await;
        let trace = lambda.invoke(batch).await.trace().await;
        let function = trace.span("aws.lambda");
        assert!(
            trace.trace_id() > 3 && trace.root().parent_id == 0,
            "{trace}"
        );
        assert_eq!((trace.priority(), function.links.len()), (Some(1), links));
        let attributes = function.links.first().map(|link| json!(link.attributes));
        let reason =
            json!({ "reason": "propagation_behavior_extract", "context_headers": "datadog" });
        assert_eq!(attributes, (links > 0).then_some(reason));
        let user = (links > 0).then_some("0");
        assert_eq!(function.tag("baggage.user.id"), user, "{behavior}");
    }
}
