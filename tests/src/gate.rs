//! A gate that functions wait at until the test opens it, so that no test has to guess how long something takes.

use std::io;
use std::net::SocketAddr;

use serde_json::{json, Value};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

/// A closed gate.
#[derive(Debug)]
pub struct Gate {
    listener: TcpListener,
    address: SocketAddr,
    waiting: Vec<TcpStream>,
}

impl Gate {
    /// A gate that nobody waits at.
    pub async fn closed() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        Self {
            listener,
            address,
            waiting: Vec::new(),
        }
    }

    /// What a function does who waits here.
    pub fn task(&self) -> Value {
        json!({ "wait_at": self.address() })
    }

    /// Where it is.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Returns when so many functions wait.
    pub async fn wait_for(&mut self, number: usize) {
        while self.waiting.len() < number {
            let (stream, _) = self.listener.accept().await.expect("a connection");
            self.waiting.push(stream);
        }
    }

    /// Lets everybody go on, and everybody who comes later.
    pub fn open(self) {}
}

/// Waits until the gate at `address` is open.
///
/// # Errors
/// None worth handling: a gate that is gone is open.
pub async fn wait_at(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}
