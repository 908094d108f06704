//! A server of UDP that keeps what it is sent.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};

/// A server on a port of its own.
#[derive(Debug)]
pub struct Datagrams(UdpSocket);

impl Datagrams {
    /// Starts it.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_nonblocking(true).expect("a socket");
        Self(socket)
    }

    /// Where it is.
    ///
    /// # Panics
    /// Never: the socket has an address.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a bound socket")
    }

    /// What has come since the last call. A datagram on this machine is here when it has been sent.
    ///
    /// # Panics
    /// If the socket fails.
    pub fn received(&self) -> Vec<String> {
        let mut datagrams = Vec::new();
        let mut buffer = [0; 64 * 1024];
        loop {
            match self.0.recv(&mut buffer) {
                Ok(length) => datagrams.push(String::from_utf8_lossy(&buffer[..length]).into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return datagrams,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
