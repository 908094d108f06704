//! What the tests share: each is a function that uses one library.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use ddlambda::testing::{Span, Trace};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;

/// Records spans up to this level in the whole process.
pub fn record(level: Level) {
    let spans = ddlambda::tracing::layer().with_max_level(level);
    let subscriber = tracing_subscriber::registry().with(spans);
    tracing::subscriber::set_global_default(subscriber).expect("one test a process");
}

/// Checks a span that is right below `aws.lambda`.
///
/// # Panics
/// If it is not as expected.
#[track_caller]
pub fn assert_span<'t>(
    trace: &'t Trace,
    [name, resource, kind]: [&str; 3],
    tags: &[(&str, &str)],
) -> &'t Span {
    let mut spans = trace.spans().iter();
    let span = spans.find(|span| span.name == name && span.resource == resource);
    let span =
        span.unwrap_or_else(|| panic!("no {name} of {resource}:\n{trace}\n{:#?}", trace.spans()));
    assert_eq!(span.kind, kind);
    trace.assert_parent(span, trace.span("aws.lambda"));
    for (name, value) in tags {
        assert_eq!(span.tag(name), Some(*value), "{name} of {span:#?}");
    }
    span
}

/// A service of HTTP that knows nothing: it answers every request with 404.
///
/// # Errors
/// Where there is no port.
pub async fn nothing() -> io::Result<SocketAddr> {
    serve(|mut client| async move {
        let mut lines = String::new();
        while client.read_line(&mut lines).await? > 2 {}
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        client.write_all(answer).await
    })
    .await
}

/// A Redis that has tea under every key.
///
/// # Errors
/// Where there is no port.
pub async fn redis() -> io::Result<SocketAddr> {
    serve(|mut client| async move {
        // A command is an array of strings: `*1`, `$4`, `PING`.
        let mut line = String::new();
        while client.read_line(&mut line).await? > 0 {
            let parts: usize = line[1..].trim().parse().map_err(io::Error::other)?;
            let mut command = String::new();
            for part in 0..parts {
                line.clear();
                client.read_line(&mut line).await?;
                line.clear();
                client.read_line(&mut line).await?;
                if part == 0 {
                    command = line.trim().to_ascii_uppercase();
                }
            }
            line.clear();
            let answer: &[u8] = match command.as_str() {
                "GET" => b"$3\r\ntea\r\n",
                "INFO" => b"$19\r\nredis_version:7.2.0\r\n",
                "CLIENT" => b":1\r\n",
                _ => b"+OK\r\n",
            };
            client.write_all(answer).await?;
        }
        Ok(())
    })
    .await
}

/// Serves every client on a free port of this machine.
async fn serve<F>(answer: fn(BufReader<TcpStream>) -> F) -> io::Result<SocketAddr>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // A client that goes away is no concern of the others.
            tokio::spawn(answer(BufReader::new(client)));
        }
    });
    Ok(address)
}
