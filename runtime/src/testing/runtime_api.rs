//! The Lambda Runtime API, version 2018-06-01, which a runtime calls.

use std::sync::Arc;

use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming as Body;

use super::journal::Event;
use super::sandbox::{Answer, Delivery, Sandbox};
use super::server::{self, Incoming, Reply, Server};

/// Serves the Runtime API for one function.
pub(super) fn serve(sandbox: Arc<Sandbox>) -> Server {
    Server::reading(move |request| handle(sandbox.clone(), request))
}

async fn handle(sandbox: Arc<Sandbox>, request: Incoming) -> Reply {
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
            response(sandbox, (*request_id).to_owned(), request).await
        }
        (&Method::POST, ["invocation", request_id, "error"]) => match server::read(request).await {
            Some(request) => {
                let error = Answer::Error(request.body().to_vec());
                acknowledge(sandbox.answer(request_id, error))
            }
            None => Reply::Raw(b""),
        },
        // Under SnapStart, a function waits here until its snapshot is restored.
        (&Method::GET, ["restore", "next"]) => {
            sandbox.record(Event::SnapshotReady);
            sandbox.freeze().await;
            sandbox.event_waits().await;
            sandbox.record(Event::Restored);
            sandbox.thaw().await;
            Reply::json(200, "{}")
        }
        (&Method::POST, ["init", "error"]) => {
            sandbox.record(Event::InitErrorReceived);
            acknowledge(true)
        }
        _ => Reply::json(404, "{}"),
    }
}

/// Reads a response in the way its invocation specifies.
async fn response(sandbox: Arc<Sandbox>, request_id: String, request: Incoming) -> Reply {
    let Some(reading) = sandbox.reading(&request_id) else {
        server::read(request).await;
        return acknowledge(false);
    };
    let content_type = request.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if reading.acknowledges_early {
        sandbox.record(Event::AcknowledgedEarly {
            request_id: request_id.clone(),
        });
    }
    let read = async move {
        let (body, whole) = up_to(reading.limit, request.into_body()).await?;
        let answer = Answer::Response {
            content_type,
            body,
            whole,
        };
        let is_expected = sandbox.answer(&request_id, answer);
        whole.then(|| acknowledge(is_expected))
    };
    if reading.acknowledges_early {
        tokio::spawn(read);
        return acknowledge(true);
    }
    // Without a reply, the connection is closed.
    read.await.unwrap_or(Reply::Raw(b""))
}

/// Reads a body up to `limit` bytes, and whether that is all of it; the rest is not read. `None` if the function
/// disconnects.
async fn up_to(limit: Option<usize>, mut body: Body) -> Option<(Vec<u8>, bool)> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        read.extend_from_slice(frame.ok()?.data_ref().map_or(b"", |data| data));
        if limit.is_some_and(|limit| read.len() >= limit) {
            return Some((read, false));
        }
    }
    Some((read, true))
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
