//! A web service that functions call: it answers with the status that the path names, and tells which headers came.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver};

/// A request without body, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The first line.
    pub line: String,
    /// The headers, in lower case; of one that came twice the last.
    pub headers: BTreeMap<String, String>,
}

/// A service on a free port, until it is dropped.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    requests: UnboundedReceiver<Received>,
}

impl Web {
    /// Starts to answer: `/status/404` with 404, everything else with 200.
    ///
    /// # Panics
    /// Where there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (sender, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Ok(request) = answer(&mut stream).await {
                    if sender.send(request).is_err() {
                        return;
                    }
                }
            }
        });
        Self { address, requests }
    }

    /// The host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request.
    ///
    /// # Panics
    /// If the service is gone.
    pub async fn received(&mut self) -> Received {
        self.requests.recv().await.expect("the service runs")
    }
}

async fn answer(stream: &mut TcpStream) -> io::Result<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let named = line.split_once("/status/");
    let status = named.and_then(|(_, rest)| rest.get(..3)).unwrap_or("200");
    let answer = format!("HTTP/1.1 {status} -\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    stream.write_all(answer.as_bytes()).await?;
    Ok(Received { line, headers })
}
