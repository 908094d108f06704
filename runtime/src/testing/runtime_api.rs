//! The Lambda Runtime API, version 2018-06-01: what a runtime talks to.

use std::sync::Arc;

use http::Method;

use super::journal::Event;
use super::sandbox::{Answer, Delivery, Sandbox};
use super::server::{Reply, Request, Server};

/// Serves the Runtime API for one function.
pub(super) fn serve(sandbox: Arc<Sandbox>) -> Server {
    Server::start(move |request| handle(sandbox.clone(), request))
}

async fn handle(sandbox: Arc<Sandbox>, request: Request) -> Reply {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else {
        return Reply::json(404, "{}");
    };
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => {
            sandbox.record(Event::NextRequested);
            sandbox.freeze().await;
            let delivery = sandbox.next_delivery().await;
            sandbox.thaw().await;
            event(delivery)
        }
        (&Method::POST, ["invocation", request_id, "response"]) => {
            let content_type = request.headers().get(http::header::CONTENT_TYPE);
            let answer = Answer::Response {
                content_type: content_type
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned(),
                body: request.body().to_vec(),
            };
            acknowledge(sandbox.answer(request_id, answer))
        }
        (&Method::POST, ["invocation", request_id, "error"]) => {
            acknowledge(sandbox.answer(request_id, Answer::Error(request.body().to_vec())))
        }
        // A function under SnapStart waits here for its snapshot to be restored, which it is at once.
        (&Method::GET, ["restore", "next"]) => Reply::json(200, "{}"),
        (&Method::POST, ["init", "error"]) => {
            sandbox.record(Event::InitErrorReceived);
            acknowledge(true)
        }
        _ => Reply::json(404, "{}"),
    }
}

fn event(delivery: Delivery) -> Reply {
    let mut response =
        http::Response::builder().header("lambda-runtime-aws-request-id", delivery.request_id);
    for (name, value) in delivery.headers {
        response = response.header(name, value);
    }
    match response.body(delivery.body.into()) {
        Ok(response) => Reply::Answer(response),
        Err(error) => Reply::json(500, format!("{{\"errorMessage\":\"{error}\"}}")),
    }
}

fn acknowledge(is_expected: bool) -> Reply {
    match is_expected {
        true => Reply::json(202, r#"{"status":"OK"}"#),
        false => Reply::json(
            400,
            r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#,
        ),
    }
}
