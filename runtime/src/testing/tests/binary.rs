//! Functions in processes of their own.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::testing::{Event, Lambda};

/// A runtime in a few lines of shell: the kit sees only what it writes and requests.
const SCRIPT: &str = r#"
    api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
    echo "start of $AWS_LAMBDA_FUNCTION_NAME with $AWS_LAMBDA_FUNCTION_MEMORY_SIZE MB"
    while true; do
        id=$(curl -s -D - -o /dev/null "$api/next" | tr -d '\r' | sed -n 's/^lambda-runtime-aws-request-id: //p')
        echo "event $id"
        curl -s -o /dev/null -d '{"ok":true}' "$api/$id/response"
        echo '{"traces":[[{"trace_id":"0000000000000007","span_id":"0000000000000001","parent_id":"0000000000000000",'\
'"name":"aws.lambda","start":1,"duration":2,"error":0,"meta":{"request_id":"'$id'"}}]]}'
        echo "bye $id" >&2
        [ "$AFTER" = exit ] && exit 3
    done"#;

async fn script(after: &str) -> Lambda {
    let shell = Lambda::binary("/bin/sh")
        .args(["-c", SCRIPT])
        .env("AFTER", after);
    shell
        .function_name("orders")
        .memory(256)
        .agent(false)
        .start()
        .await
}

#[tokio::test]
async fn a_process_has_its_log_and_the_traces_within() {
    let lambda = script("go on").await;
    assert_eq!(lambda.logs(), ["start of orders with 256 MB"]);
    for _ in 0..3 {
        let outcome = lambda.invoke(json!({})).await;
        assert_eq!(outcome.response(), &json!({ "ok": true }));
        let id = outcome.request_id();
        let trace = outcome.trace().await;
        assert_eq!(
            (trace.trace_id(), trace.span("aws.lambda").tag("request_id")),
            (7, Some(id))
        );
        let logs = outcome.logs().await;
        assert_eq!(
            (logs.len(), logs[0].as_str(), logs[2].as_str()),
            (3, &*format!("event {id}"), &*format!("bye {id}"))
        );
    }
    assert_eq!(lambda.traces().len(), 3);
}

#[tokio::test]
async fn a_process_that_exits_leaves_its_code_and_its_last_lines() {
    let lambda = script("exit").await;
    let outcome = lambda.invoke(json!({})).await;
    assert_eq!(lambda.exited().await, Some(3));
    assert_eq!(outcome.logs().await.len(), 3);
    let events: Vec<Event> = lambda
        .journal()
        .into_iter()
        .map(|moment| moment.event)
        .collect();
    assert!(matches!(
        events.as_slice(),
        [
            Event::NextRequested,
            Event::EventSent { .. },
            Event::ResponseReceived { .. },
            Event::TraceReceived { spans: 1, .. },
            Event::ProcessExited { code: Some(3) },
        ]
    ));
}

#[tokio::test]
async fn a_process_past_its_deadline_is_killed() {
    let lambda = Lambda::binary("/bin/sh").args([
        "-c",
        r#"curl -s "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"; exec sleep 60"#,
    ]);
    let lambda = lambda.start().await;
    let outcome = lambda
        .invocation()
        .deadline(Duration::from_millis(50))
        .send()
        .await;
    assert!(outcome
        .error()
        .unwrap()
        .message
        .ends_with("Task timed out after 0.05 seconds"));
    assert_eq!(lambda.exited().await, None);
}

/// The same, but it sends its trace to the agent: one span with a name and a request id, in MessagePack.
const AGENT_SCRIPT: &str = r#"
    api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
    while true; do
        id=$(curl -s -D - -o /dev/null "$api/next" | tr -d '\r' | sed -n 's/^lambda-runtime-aws-request-id: //p')
        curl -s -o /dev/null -d '{}' "$api/$id/response"
        printf '\221\221\202\244name\252aws.lambda\244meta\201\252request_id\331\044%s' "$id" |
            curl -s -o /dev/null --data-binary @- "$DD_TRACE_AGENT_URL/v0.4/traces"
    done"#;

#[tokio::test]
async fn the_journal_shows_a_flush_between_response_and_next() {
    let lambda = Lambda::binary("/bin/sh").args(["-c", AGENT_SCRIPT]);
    let lambda = lambda.start().await;
    let outcome = lambda.invoke(json!({})).await;
    assert_eq!(outcome.trace().await.spans().len(), 1);
    let request_id = outcome.request_id().to_owned();
    let events: Vec<Event> = lambda
        .journal()
        .into_iter()
        .map(|moment| moment.event)
        .collect();
    assert_eq!(
        events[2..],
        [
            Event::ResponseReceived {
                request_id: request_id.clone()
            },
            Event::TraceReceived {
                request_id: Some(request_id),
                spans: 1
            },
            Event::NextRequested,
        ]
    );
}

#[tokio::test]
async fn a_process_ends_with_its_last_handle() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let script = r#"curl -s "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" & exec curl -s "$URL""#;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lambda = Lambda::binary("/bin/sh")
        .args(["-c", script])
        .env("URL", url);
    let lambda = lambda.start().await;
    let (mut connection, _) = listener.accept().await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), b'G');
    drop(lambda);
    // The connection, which gets no response, is closed when the process ends.
    connection.read_to_end(&mut Vec::new()).await.unwrap();
}
