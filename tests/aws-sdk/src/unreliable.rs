//! A way to moto on which the first attempt of every call fails.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const UNAVAILABLE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Starts a proxy to `endpoint`, and returns its own.
pub async fn start(endpoint: &str) -> io::Result<String> {
    let to = endpoint.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let own = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                if let Err(error) = pass(client, &to).await {
                    eprintln!("the proxy: {error}");
                }
            });
        }
    });
    Ok(own)
}

/// Passes one request, or answers it if it is a first attempt.
async fn pass(mut client: TcpStream, to: &str) -> io::Result<()> {
    let Some(request) = request(&mut client).await? else {
        return Ok(());
    };
    let is_first = String::from_utf8_lossy(&request).contains("attempt=1");
    if is_first {
        return client.write_all(UNAVAILABLE).await;
    }
    let mut server = TcpStream::connect(to).await?;
    let line = request.windows(2).position(|two| two == b"\r\n");
    let (line, rest) = request.split_at(line.unwrap_or_default() + 2);
    let request = [line, b"connection: close\r\n", rest].concat();
    server.write_all(&request).await?;
    tokio::io::copy(&mut server, &mut client).await?;
    Ok(())
}

/// A request whose length is known; `None` if there is none.
async fn request(client: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse().ok());
        if bytes.len() >= head.len() + 4 + length.unwrap_or(0usize) {
            return Ok(Some(bytes));
        }
    }
}
