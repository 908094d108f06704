//! Calls to web services have spans, and the trace goes on in them.

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::binary;
use ddlambda_tests::web::Web;
use serde_json::{json, Value};

/// The two ways of calling, by the component that the span names.
const CLIENTS: [(&str, &str); 3] = [
    ("tower", "tower"),
    ("reqwest", "reqwest"),
    ("reqwest request", "reqwest"),
];

async fn call(lambda: &Lambda, client: &str, url: &str) -> (Value, Trace) {
    let outcome = lambda.invoke(json!({ "client": client, "url": url })).await;
    (outcome.response().clone(), outcome.trace().await)
}

#[tokio::test]
async fn a_call_is_a_span_and_the_parent_of_what_it_causes() {
    let lambda = binary!("web_client").start().await;
    let mut web = Web::start().await;
    let address = web.address();
    for (client, component) in CLIENTS {
        let url = format!("http://{address}/orders/7?page=2&token=secret");
        let (response, trace) = call(&lambda, client, &url).await;
        assert_eq!(response, "200", "{client}");
        let span = trace.span("http.request");
        trace.assert_parent(span, trace.span("work"));
        let calls = trace.spans().iter().filter(|span| span.kind == "http");
        assert_eq!(calls.count(), 1, "{trace}");
        assert_eq!(
            (&*span.resource, &*span.service, &*span.kind, span.error),
            ("GET /orders/7", "test-function", "http", false)
        );
        let shown = format!("http://{address}/orders/7?page=2&<redacted>");
        for (name, value) in [
            ("component", component),
            ("http.method", "GET"),
            ("http.status_code", "200"),
            ("http.url", &*shown),
            ("out.host", "127.0.0.1"),
            ("span.kind", "client"),
        ] {
            assert_eq!(span.tag(name), Some(value), "{name}");
        }
        assert_eq!(
            span.metric("network.destination.port"),
            Some(address.port().into())
        );
        assert_eq!(span.metric("_dd.measured"), Some(1.0));

        let received = web.received().await;
        assert!(received
            .line
            .starts_with("GET /orders/7?page=2&token=secret "));
        let headers = received.headers;
        assert_eq!(headers["x-datadog-parent-id"], span.span_id.to_string());
        let parent = format!("00-{:032x}-{:016x}-01", span.trace_id, span.span_id);
        assert_eq!(headers["traceparent"], parent);
        assert_eq!(headers["baggage"], "user.id=42");
    }
}

#[tokio::test]
async fn headers_of_another_span_are_replaced() {
    let lambda = binary!("web_client").start().await;
    let mut web = Web::start().await;
    for (client, _) in CLIENTS {
        let old = [("x-datadog-parent-id", "1"), ("X-Kept", "yes")];
        let url = format!("http://{}/", web.address());
        let event = json!({ "client": client, "url": url, "headers": old });
        let trace = lambda.invoke(event).await.trace().await;
        let headers = web.received().await.headers;
        let span = trace.span("http.request");
        assert_eq!(headers["x-datadog-parent-id"], span.span_id.to_string());
        assert!(client == "reqwest request" || headers["x-kept"] == "yes");
    }
}

#[tokio::test]
async fn statuses_are_errors_as_the_settings_say() {
    let web = Web::start().await;
    let url = |status| format!("http://{}/status/{status}", web.address());
    for (setting, errors) in [(None, [true, false]), (Some("500-599,418"), [false, true])] {
        let mut function = binary!("web_client");
        if let Some(setting) = setting {
            function = function.env("DD_TRACE_HTTP_CLIENT_ERROR_STATUSES", setting);
        }
        let lambda = function.start().await;
        for (client, _) in CLIENTS {
            for (status, error) in [404, 503].into_iter().zip(errors) {
                let (response, trace) = call(&lambda, client, &url(status)).await;
                let span = trace.span("http.request");
                assert_eq!(response, status.to_string());
                assert_eq!(span.tag("http.status_code"), Some(&*status.to_string()));
                assert_eq!(span.error, error, "{client} {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_without_response_is_an_error() {
    let lambda = binary!("web_client").start().await;
    // A port that was free a moment ago.
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let clients = CLIENTS.map(|(client, _)| client);
    for client in clients.into_iter().chain(["tower over reqwest"]) {
        // Which an error may tell with another backslash.
        let url = format!("http://{closed}/a?token=secret&p=a\\b");
        let url = match client {
            "tower" => url.replace('\\', "/"),
            _ => url,
        };
        let (response, trace) = call(&lambda, client, &url).await;
        let span = trace.span("http.request");
        assert!(span.error);
        let message = span.tag("error.message").unwrap();
        let response = response.as_str().unwrap();
        assert_eq!(message, response.replace("token=secret", "<redacted>"));
        assert_eq!(span.tag("http.status_code"), None);
        let stack = span.tag("error.stack").unwrap();
        assert!(
            stack.contains("refused") && !stack.contains("secret"),
            "{stack}"
        );
        assert!(span
            .tag("error.type")
            .is_some_and(|kind| kind.ends_with("Error")));
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_ends() {
    let lambda = binary!("web_client").start().await;
    // Nobody answers here.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    for (client, _) in CLIENTS {
        let url = format!("http://{address}/");
        let event = json!({ "client": client, "url": url, "drop": true });
        let outcome = lambda.invoke(event).await;
        assert_eq!(outcome.response(), "dropped");
        let trace = outcome.trace().await;
        let span = trace.span("http.request");
        assert!(!span.error && span.end() <= trace.span("aws.lambda").end());
        assert_eq!(span.tag("http.status_code"), None);
    }
}

#[tokio::test]
async fn credentials_are_not_shown() {
    let lambda = binary!("web_client").start().await;
    let web = Web::start().await;
    let address = web.address();
    for (client, _) in CLIENTS {
        let url = format!("http://ada:lovelace@{address}/a");
        let (_, trace) = call(&lambda, client, &url).await;
        let span = trace.span("http.request");
        let shown = format!("http://{address}/a");
        assert_eq!(span.tag("http.url"), Some(&*shown), "{client}");
        assert!(!format!("{span:?}").contains("lovelace"), "{client}");
    }
}

#[tokio::test]
async fn the_runtime_api_and_the_agent_are_not_traced() {
    let lambda = binary!("web_client").start().await;
    let agent = lambda.agent().unwrap().url();
    for (client, _) in CLIENTS {
        for url in ["http://runtime-api/elsewhere", &*format!("{agent}/info")] {
            let (response, trace) = call(&lambda, client, url).await;
            assert!(
                response.as_str().is_some_and(|status| status.len() == 3),
                "{response}"
            );
            assert!(trace.find("http.request").is_none(), "{trace}");
            assert!(trace.find("work").is_some());
        }
    }
}

/// To the layer a mark says whose call is traced, see `aws_sdk.rs`.
#[tokio::test]
async fn requests_of_the_aws_sdk_through_reqwest_are_left_to_its_interceptor() {
    let lambda = binary!("web_client").start().await;
    let mut web = Web::start().await;
    let url = format!("http://{}/", web.address());
    for (client, is_traced) in [("reqwest", false), ("tower", true)] {
        let headers = [("amz-sdk-invocation-id", "1")];
        let event = json!({ "client": client, "url": url, "headers": headers });
        let trace = lambda.invoke(event).await.trace().await;
        assert_eq!(trace.find("http.request").is_some(), is_traced, "{client}");
        let headers = web.received().await.headers;
        assert_eq!(headers.contains_key("traceparent"), is_traced, "{client}");
    }
}

#[tokio::test]
async fn the_settings_change_names_services_and_queries() {
    let lambda = binary!("web_client")
        .env("DD_TRACE_SPAN_ATTRIBUTE_SCHEMA", "v1")
        .env("DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN", "true")
        .env("DD_TRACE_HTTP_CLIENT_TAG_QUERY_STRING", "false")
        .start()
        .await;
    let web = Web::start().await;
    let url = format!("http://{}/a?b=c", web.address());
    let (_, trace) = call(&lambda, "tower", &url).await;
    let span = trace.span("http.client.request");
    assert_eq!(span.service, "127.0.0.1");
    assert_eq!(span.tag("http.url"), Some(url.trim_end_matches("?b=c")));
}

#[tokio::test]
async fn headers_are_told_that_the_settings_name() {
    let lambda = binary!("web_client")
        .env(
            "DD_TRACE_HEADER_TAGS",
            "X-Order-Id,Content-Length:size,Absent",
        )
        .start()
        .await;
    let web = Web::start().await;
    let url = format!("http://{}/", web.address());
    for client in ["tower", "reqwest"] {
        let headers = [("x-order-id", "1001"), ("x-other", "1")];
        let event = json!({ "client": client, "url": url, "headers": headers });
        let trace = lambda.invoke(event).await.trace().await;
        let span = trace.span("http.request");
        let order = "http.request.headers.x-order-id";
        assert_eq!(span.tag(order), Some("1001"), "{client}");
        assert_eq!(span.tag("size"), Some("2"), "{client}");
        let told = span.meta.keys().filter(|name| name.contains(".headers."));
        assert_eq!(told.collect::<Vec<_>>(), [order]);
    }
}

#[tokio::test]
async fn without_tracing_a_call_is_what_it_is() {
    let lambda = binary!("web_client")
        .env("DD_TRACE_ENABLED", "false")
        .start()
        .await;
    let mut web = Web::start().await;
    for (client, _) in CLIENTS {
        let url = format!("http://{}/", web.address());
        let outcome = lambda.invoke(json!({ "client": client, "url": url })).await;
        assert_eq!(outcome.response(), "200");
        let headers = web.received().await.headers;
        assert!(!headers.contains_key("traceparent"), "{headers:?}");
    }
}
