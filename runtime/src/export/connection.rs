//! Connections to a server, by TCP or through a socket in the file system.

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

/// A connection.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection to be.
pub(super) type Opening<'a> =
    Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + 'a>>;

/// Behind a pointer: what happens once should make neither the future of every flush larger nor its code.
///
/// # Errors
///
/// `Unsupported` where there is no tokio to drive it: in another executor, or in a runtime without IO, which tells by a
/// panic only.
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

/// A connection without an executor.
pub(super) trait Blocking: io::Read + io::Write {
    /// How long one more call may take.
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

/// Tries every address that a host has, while there is time `left`.
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
        // It waits for as long as a server that has stopped to accept has its backlog full.
        #[cfg(unix)]
        Address::Unix(path) => {
            let path = path.clone();
            let stream = thread::within(left()?, move || UnixStream::connect(path))?;
            Ok(Box::new(stream))
        }
    }
}

/// The addresses of a host; asking for those of a name may take as long as the resolver likes.
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
