//! Datagrams: sent without waiting for a response or for a receiver.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::OnceLock;

/// Sends a datagram. If there is no receiver, or it is too slow, the datagram is lost.
pub(crate) fn send(datagram: &[u8], to: SocketAddr) {
    if let Some(socket) = socket(to) {
        let _ = socket.send_to(datagram, to);
    }
}

/// The socket of this process for that address family; `None` if the system does not provide one.
fn socket(to: SocketAddr) -> Option<&'static UdpSocket> {
    static V4: OnceLock<Option<UdpSocket>> = OnceLock::new();
    static V6: OnceLock<Option<UdpSocket>> = OnceLock::new();
    let (socket, any): (_, SocketAddr) = match to {
        SocketAddr::V4(_) => (&V4, (Ipv4Addr::UNSPECIFIED, 0).into()),
        SocketAddr::V6(_) => (&V6, (Ipv6Addr::UNSPECIFIED, 0).into()),
    };
    let open = || {
        let socket = UdpSocket::bind(any).ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(socket)
    };
    socket.get_or_init(open).as_ref()
}
