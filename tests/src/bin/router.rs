//! An axum router. With the argument `streaming` its responses are streamed; the path of the request says how they go.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use axum::body::Body;
use axum::extract::{MatchedPath, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use ddlambda_tests::gate::wait_at;
use futures_core::Stream;
use lambda_http::Error;

/// `first `, then what happens when the gate of the request is open.
struct Parts {
    number: usize,
    then: &'static str,
    gate: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
}

impl Parts {
    fn of(headers: &HeaderMap, then: &'static str) -> Response {
        let gate = headers.get("x-gate").and_then(|gate| gate.to_str().ok());
        let gate = gate.map(str::to_owned);
        let parts = Self {
            number: 0,
            then,
            gate: gate.map(|gate| Box::pin(async move { wait_at(&gate).await }) as _),
        };
        Body::from_stream(parts).into_response()
    }
}

impl Stream for Parts {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.number > 0 {
            if let Some(gate) = &mut self.gate {
                ready!(gate.as_mut().poll(cx))?;
                self.gate = None;
            }
        }
        self.number += 1;
        Poll::Ready(match (self.number, self.then) {
            (1, _) => Some(Ok("first ".to_owned())),
            (2, "fail") => Some(Err("the shelf broke".into())),
            (2, "panic") => panic!("a bug in the stream"),
            (_, "endless") => Some(Ok("more ".to_owned())),
            (2, _) => {
                let span = tracing::info_span!("last");
                Some(Ok(span.in_scope(|| "last".to_owned())))
            }
            _ => None,
        })
    }
}

async fn order(Path(id): Path<u32>) -> String {
    format!("order {id}")
}

/// The work goes on in a task that panics, while the body waits for it.
async fn detached(headers: HeaderMap) -> Response {
    let response = Parts::of(&headers, "last");
    let gate = headers.get("x-producer-gate");
    let gate = gate.and_then(|gate| gate.to_str().ok());
    if let Some(gate) = gate.map(str::to_owned) {
        tokio::spawn(async move {
            wait_at(&gate).await.ok();
            panic!("a bug in the producer");
        });
    }
    response
}

fn app() -> Router {
    Router::new()
        .route("/orders/{id}", get(order))
        .route("/out", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route(
            "/whole",
            get(|h: HeaderMap| async move { Parts::of(&h, "last") }),
        )
        .route(
            "/fail",
            get(|h: HeaderMap| async move { Parts::of(&h, "fail") }),
        )
        .route(
            "/panic",
            get(|h: HeaderMap| async move { Parts::of(&h, "panic") }),
        )
        .route(
            "/endless",
            get(|h: HeaderMap| async move { Parts::of(&h, "endless") }),
        )
        .route("/detached", get(detached))
        .route_layer(ddlambda::http::route(|request| {
            request.get::<MatchedPath>().map(MatchedPath::as_str)
        }))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        Some("streaming") => ddlambda::http::run_with_streaming_response(app()).await,
        Some("bare") => lambda_http::run_with_streaming_response(app()).await,
        _ => ddlambda::http::run(app()).await,
    }
}
