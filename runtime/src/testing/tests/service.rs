//! Functions within this process.

use std::time::Duration;

use lambda_runtime::streaming::{channel, Body};
use lambda_runtime::{service_fn, Error, LambdaEvent, StreamResponse};
use serde_json::{json, Value};

use super::echo_function;
use crate::testing::{Event, Lambda};

#[tokio::test]
async fn an_invocation_carries_what_it_was_given() {
    let lambda = echo_function().await;
    let invocation = lambda
        .invocation()
        .event(json!({ "number": 1 }))
        .request_id("r-1");
    let invocation = invocation
        .trace_header("Root=1-2-3")
        .arn("arn:aws:lambda:x:1:function:f:live");
    let outcome = invocation
        .client_context(json!({ "custom": { "key": "välue" } }))
        .send()
        .await;

    assert!(outcome.is_ok());
    assert_eq!(
        outcome.response(),
        &json!({
            "event": { "number": 1 },
            "request_id": "r-1",
            "arn": "arn:aws:lambda:x:1:function:f:live",
            "xray": "Root=1-2-3",
            "custom": { "key": "välue" },
        })
    );
}

#[tokio::test]
async fn an_error_is_reported_with_its_message() {
    let lambda = echo_function().await;
    let outcome = lambda.invoke(json!({ "fail": true })).await;
    assert_eq!(outcome.error().unwrap().message, "it failed");
    assert!(!outcome.is_ok());
    assert!(
        lambda.invoke(json!({})).await.is_ok(),
        "the function goes on"
    );
}

#[tokio::test]
async fn the_journal_has_everything_in_order() {
    let lambda = echo_function().await;
    let outcome = lambda.invoke(json!({})).await;
    outcome.next_requested().await;
    let request_id = outcome.request_id().to_owned();
    let events: Vec<Event> = lambda
        .journal()
        .into_iter()
        .map(|moment| moment.event)
        .collect();
    assert_eq!(
        events,
        [
            Event::NextRequested,
            Event::EventSent {
                request_id: request_id.clone()
            },
            Event::ResponseReceived { request_id },
            Event::NextRequested,
        ]
    );
}

#[test]
fn nothing_depends_on_the_timers_and_sockets_of_the_test() {
    let bare = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    bare.block_on(async {
        let lambda = echo_function().await;
        lambda.invoke(json!({})).await.next_requested().await;
    });
}

#[tokio::test]
async fn a_handler_that_passes_its_deadline_ends_with_its_function() {
    async fn wait(_: LambdaEvent<Value>) -> Result<Value, Error> {
        std::future::pending().await
    }
    let lambda = Lambda::service(|| lambda_runtime::run(service_fn(wait))).await;
    let outcome = lambda
        .invocation()
        .deadline(Duration::from_millis(20))
        .send()
        .await;
    assert_eq!(outcome.error().unwrap().error_type, "Sandbox.Timedout");
    assert_eq!(lambda.exited().await, None);
    let outcome = lambda.invoke(json!({})).await;
    assert_eq!(outcome.error().unwrap().error_type, "Runtime.ExitError");
}

#[tokio::test]
async fn a_main_that_returns_an_error_or_panics_is_an_exit() {
    let lambda = Lambda::service(|| async { Err("no database".into()) }).await;
    assert_eq!(lambda.exited().await, Some(1));
    let lambda = Lambda::service(|| async { panic!("no configuration") }).await;
    assert_eq!(lambda.exited().await, Some(101));
    assert!(!lambda.invoke(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_streamed_response_is_taken_to_its_end() {
    async fn stream(_: LambdaEvent<Value>) -> Result<StreamResponse<Body>, Error> {
        let (mut sender, body) = channel();
        tokio::spawn(async move {
            for word in ["one ", "two ", "three"] {
                sender.send_data(word.into()).await?;
                tokio::task::yield_now().await;
            }
            Ok::<_, Error>(())
        });
        let mut response = StreamResponse::from(body);
        response.metadata_prelude.status_code = http::StatusCode::CREATED;
        Ok(response)
    }
    let lambda = Lambda::service(|| lambda_runtime::run(service_fn(stream))).await;
    let outcome = lambda.invoke(json!({})).await;
    assert_eq!(outcome.body(), b"one two three");
    assert_eq!(outcome.prelude().unwrap()["statusCode"], 201);
}

#[tokio::test]
async fn invocations_at_once_get_their_own_answers() {
    let lambda = echo_function().await;
    let (one, two) = tokio::join!(lambda.invoke(json!(1)), lambda.invoke(json!(2)));
    assert_eq!(
        (&one.response()["event"], &two.response()["event"]),
        (&json!(1), &json!(2))
    );
    assert_ne!(one.request_id(), two.request_id());
}

#[tokio::test]
async fn an_idle_function_has_asked_for_its_next_event() {
    let lambda = echo_function().await;
    let (one, other) = tokio::join!(lambda.invoke(json!(1)), lambda.invoke(json!(2)));
    lambda.idle().await;
    let journal = lambda.journal();
    let last = journal.iter().map(|moment| &moment.event).next_back();
    assert_eq!(last, Some(&Event::NextRequested));
    assert!(one.is_ok() && other.is_ok());
}
