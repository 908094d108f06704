//! A function that calls a web service, with the client that its event names.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use ddlambda::http_client::{TracedClient, TracedRequest};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::Deserialize;
use tower::{Service, ServiceBuilder, ServiceExt};
use tracing::Instrument;

#[derive(Deserialize)]
struct Call {
    client: String,
    url: String,
    /// Headers that are there already.
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Whether the call is begun and dropped.
    #[serde(default)]
    drop: bool,
}

/// Calls the service, and responds with the status or with the error.
#[ddlambda::handler]
async fn handler(event: LambdaEvent<Call>) -> Result<String, Error> {
    let mut call = event.payload;
    if let Ok(runtime) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        call.url = call.url.replace("runtime-api", &runtime);
    }
    ddlambda::set_baggage("user.id", "42");
    let mut sent = pin!(send(&call).instrument(tracing::info_span!("work")));
    if !call.drop {
        return Ok(sent.await.unwrap_or_else(|error| error));
    }
    poll_fn(|cx| {
        assert!(sent.as_mut().poll(cx).is_pending(), "it was too quick");
        Poll::Ready(())
    })
    .await;
    Ok("dropped".to_owned())
}

async fn send(call: &Call) -> Result<String, String> {
    let status = match call.client.as_str() {
        "tower" => through_layers(call).await?.as_u16(),
        "reqwest" => {
            let mut request = reqwest::Client::new().get(&call.url);
            for (name, value) in &call.headers {
                request = request.header(name, value);
            }
            let response = request.send_traced().await;
            response
                .map_err(|error| error.to_string())?
                .status()
                .as_u16()
        }
        "reqwest request" => {
            let client = reqwest::Client::new();
            let request = client.get(&call.url).build();
            let request = request.map_err(|error| error.to_string())?;
            let response = client.execute_traced(request).await;
            response
                .map_err(|error| error.to_string())?
                .status()
                .as_u16()
        }
        "tower over reqwest" => {
            // Its errors tell the whole URL.
            let inner = reqwest::Client::new();
            let service = tower::service_fn(move |request: http::Request<Vec<u8>>| {
                let inner = inner.clone();
                async move {
                    let response = inner.execute(request.try_into()?).await?;
                    Ok::<_, reqwest::Error>(http::Response::from(response))
                }
            });
            let client = ServiceBuilder::new().layer(ddlambda::http_client::layer());
            let request = http::Request::get(&call.url).body(Vec::new());
            let request = request.map_err(|error| error.to_string())?;
            let response = client.service(service).oneshot(request).await;
            response
                .map_err(|error| error.to_string())?
                .status()
                .as_u16()
        }
        other => return Err(format!("no client {other}")),
    };
    Ok(status.to_string())
}

/// Two layers, as where a library brings one of its own.
async fn through_layers(call: &Call) -> Result<http::StatusCode, String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut client = ServiceBuilder::new()
        .layer(ddlambda::http_client::layer())
        .layer(ddlambda::http_client::layer())
        .service(client);
    let mut request = http::Request::get(&call.url);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::default());
    let request = request.map_err(|error| error.to_string())?;
    let ready = client.ready().await.map_err(|error| error.to_string())?;
    let response = ready.call(request).await;
    Ok(response.map_err(|error| error.to_string())?.status())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
