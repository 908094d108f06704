//! Connections to a server, over TCP or a Unix socket.

use std::future::{poll_fn, Future};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;

use crate::config::Address;
use crate::contained::contained;
use crate::thread;

pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection being opened.
pub(super) type Opening<'a> =
    Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + 'a>>;

/// Boxed, so that this rare step makes neither the future nor the code of every flush larger.
///
/// # Errors
///
/// `Unsupported` if there is no tokio to drive it: in another executor, or in a runtime without IO, which shows only as a
/// panic.
pub(super) fn open(address: &Address) -> Opening<'_> {
    let mut opening = connect(address);
    Box::pin(poll_fn(move |cx| {
        let polled = match Handle::try_current() {
            Ok(_) => contained(|| opening.as_mut().poll(cx)),
            Err(_) => None,
        };
        polled.unwrap_or_else(|| Poll::Ready(Err(io::ErrorKind::Unsupported.into())))
    }))
}

fn connect(address: &Address) -> Opening<'_> {
    Box::pin(async move {
        let connection: Box<dyn Connection> = match address {
            Address::Tcp { host, port } => {
                let stream = tokio::net::TcpStream::connect((&**host, *port)).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            #[cfg(unix)]
            Address::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
        };
        Ok(connection)
    })
}

/// A connection that is used without an executor.
pub(super) trait Blocking: io::Read + io::Write {
    /// Sets how long one more call may take.
    fn set_limit(&self, limit: Duration) -> io::Result<()>;
}

impl Blocking for TcpStream {
    fn set_limit(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }
}

#[cfg(unix)]
impl Blocking for UnixStream {
    fn set_limit(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }
}

/// Tries every address of a host, as long as there is time `left`.
pub(super) fn open_blocking(
    address: &Address,
    left: &dyn Fn() -> io::Result<Duration>,
) -> io::Result<Box<dyn Blocking>> {
    match address {
        Address::Tcp { host, port } => {
            let mut last = io::ErrorKind::AddrNotAvailable.into();
            for address in addresses(host, *port, left()?)? {
                match TcpStream::connect_timeout(&address, left()?) {
                    Ok(stream) => return Ok(Box::new(stream)),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        // Connecting blocks while the backlog of a server that no longer accepts is full.
        #[cfg(unix)]
        Address::Unix(path) => {
            let path = path.clone();
            let stream = thread::within(left()?, move || UnixStream::connect(path))?;
            Ok(Box::new(stream))
        }
    }
}

/// The addresses of a host. The resolver may take any time for a name, so the wait is bounded by `limit`.
fn addresses(host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![(ip, port).into()]);
    }
    let host = host.to_owned();
    thread::within(limit, move || {
        let found = (&*host, port).to_socket_addrs()?;
        Ok(found.collect())
    })
}
