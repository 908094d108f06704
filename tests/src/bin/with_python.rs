//! What is between a client and a server in Python: the middle of `tests/with-python`.
//!
//! Started by hand, it reads the headers of a request from its standard input, starts itself as a function, gives it that
//! request, and prints the response; started as a function, it is one. With the argument `host` it is a server that is no
//! function, and asks the one in Python: it prints its port, and serves until it is ended.

use std::env;
use std::process::ExitCode;

use ddlambda::testing::Lambda;
use ddlambda::{host, Carrier};
use ddlambda_tests::events;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server has seen of the function's request.
#[tracing::instrument(skip_all)]
async fn call_server(address: &str) -> Result<String, Error> {
    ask(address).await
}

/// What it has seen of the host's.
#[tracing::instrument(skip_all)]
async fn call_on(address: &str) -> Result<String, Error> {
    ask(address).await
}

async fn ask(address: &str) -> Result<String, Error> {
    let mut request = "GET / HTTP/1.0\r\n".to_owned();
    for (name, value) in ddlambda::trace_headers().iter() {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let (_, body) = response.split_once("\r\n\r\n").ok_or("no whole response")?;
    Ok(body.to_owned())
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let address = event.payload["do"].as_str().ok_or("no server")?;
    let body = call_server(address).await?;
    Ok(json!({ "statusCode": 200, "body": body }))
}

/// Answers each request with what the server says to its own.
async fn serve(server: &str) -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (mut stream, _) = listener.accept().await?;
        let headers = headers(&mut stream).await?;
        let unit = host::unit("web.request").span_kind("server");
        let body = unit.continuing(headers).try_run(call_on(server)).await?;
        // Whoever has the answer can rely on the test agent to have the spans.
        host::flush().await;
        let response = format!("HTTP/1.0 200 OK\r\n\r\n{body}");
        stream.write_all(response.as_bytes()).await?;
    }
}

/// The headers of a request.
async fn headers(stream: &mut TcpStream) -> Result<Carrier, Error> {
    let mut headers = Carrier::default();
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        ddlambda::run(service_fn(handler)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [server, trace_header] = match &arguments[..] {
        [host, server] if host == "host" => {
            ddlambda::init();
            serve(server).await?;
            return Ok(ExitCode::SUCCESS);
        }
        [server, trace_header] => [server, trace_header],
        _ => {
            eprintln!("usage: with_python <host:port of the server> <X-Ray header>");
            eprintln!("       with_python host <host:port of the server>");
            return Ok(ExitCode::from(2));
        }
    };
    let mut function = Lambda::binary(env::current_exe()?).agent(false);
    for (name, value) in env::vars_os() {
        if [
            "DD_TRACE_AGENT_URL",
            "DD_MERGE_XRAY_TRACES",
            "AWS_XRAY_DAEMON_ADDRESS",
        ]
        .iter()
        .any(|passed| name == *passed)
        {
            function = function.env(name, value);
        }
    }
    let lambda = function.env("DD_SERVICE", "function").start().await;

    let headers: Map<String, Value> = serde_json::from_reader(std::io::stdin())?;
    let mut event = events::with(events::rest_without_context(), server.as_str());
    if let Some(request) = event["headers"].as_object_mut() {
        request.extend(headers);
    }
    let invocation = lambda.invocation().event(event).trace_header(trace_header);
    let outcome = invocation.send().await;
    outcome.next_requested().await;
    for line in lambda.logs() {
        eprintln!("{line}");
    }
    if let Some(error) = outcome.error() {
        eprintln!("{error:?}");
        return Ok(ExitCode::FAILURE);
    }
    println!(
        "{}",
        outcome.response()["body"].as_str().unwrap_or_default()
    );
    Ok(ExitCode::SUCCESS)
}
