//! Tests of the kit itself: functions under the plain runtime, and constructed traces.

mod agent;
mod aws;
#[cfg(unix)]
mod binary;
mod service;
mod waterfall;

use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Lambda;

/// Sends a request and returns everything received until the connection is closed.
async fn http(url: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

fn json_body(answer: &[u8]) -> Value {
    let text = String::from_utf8_lossy(answer);
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

async fn echo(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if event.payload["fail"] == true {
        return Err("it failed".into());
    }
    let context = event.context;
    Ok(json!({
        "event": event.payload,
        "request_id": context.request_id,
        "arn": context.invoked_function_arn,
        "xray": context.xray_trace_id,
        "custom": context.client_context.map(|context| context.custom),
    }))
}

async fn echo_function() -> Lambda {
    Lambda::service(|| lambda_runtime::run(service_fn(echo))).await
}
