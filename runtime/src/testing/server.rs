//! The HTTP servers of the kit. They share one background runtime, so that they respond whatever the test does.

use std::error::Error;
use std::fmt;
use std::future::{poll_fn, Future};
use std::net::SocketAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The runtime of all servers and waits. It is separate from the test's own, which may have a paused clock or a blocked
/// thread.
pub(super) fn background() -> &'static Runtime {
    static BACKGROUND: OnceLock<Runtime> = OnceLock::new();
    BACKGROUND.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("ddlambda-testing")
            .enable_all()
            .build()
            .expect("the threads of the test kit")
    })
}

/// A request that has been read completely.
pub(super) type Request = http::Request<Bytes>;

/// A request whose body has not been read yet.
pub(super) type Incoming = http::Request<hyper::body::Incoming>;

/// The address a request came from, stored in its extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// What a server does with a request.
pub(super) enum Reply {
    /// It responds.
    Answer(http::Response<Bytes>),
    /// It writes these bytes, HTTP or not, and closes the connection.
    Raw(&'static [u8]),
}

impl Reply {
    /// A response with a JSON body.
    pub(super) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of_type("application/json", status, body)
    }

    /// A response with an XML body.
    pub(super) fn xml(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of_type("text/xml", status, body)
    }

    /// A response with a Protocol Buffers message.
    pub(super) fn protobuf(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of_type("application/x-protobuf", status, body)
    }

    fn of_type(content_type: &'static str, status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = http::StatusCode::from_u16(status).expect("an HTTP status");
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static(content_type),
        );
        Self::Answer(response)
    }
}

/// A server on a free port of 127.0.0.1, which runs until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    accepting: AbortHandle,
    /// Closed when the port is.
    open: watch::Receiver<()>,
}

impl Server {
    /// Starts to respond with the result of `handle`; a handler that never returns leaves the client waiting.
    pub(super) fn start<H, F>(handle: H) -> Self
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        Self::reading(move |request| {
            let handle = handle.clone();
            async move {
                match read(request).await {
                    Some(request) => handle(request).await,
                    None => Reply::Raw(b""),
                }
            }
        })
    }

    /// The same with a handler that reads the request body itself: as much as it needs, even after it has responded.
    pub(super) fn reading<H, F>(handle: H) -> Self
    where
        H: Fn(Incoming) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a socket that does not block");
        let address = listener
            .local_addr()
            .expect("the address of a bound socket");
        let _context = background().enter();
        let listener = TcpListener::from_std(listener).expect("a listening socket");
        let (sender, open) = watch::channel(());
        let accepting = tokio::spawn(async move {
            let _open = sender;
            accept(listener, handle).await;
        });
        Self {
            address,
            accepting: accepting.abort_handle(),
            open,
        }
    }

    /// `127.0.0.1:port`.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port and every connection, and returns when that is done.
    pub(super) async fn stop(&self) {
        self.accepting.abort();
        let mut open = self.open.clone();
        while open.changed().await.is_ok() {}
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address)
    }
}

/// Reads the whole request; `None` if the client disconnects.
pub(super) async fn read(request: Incoming) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.ok()?;
    Some(Request::from_parts(parts, body.to_bytes()))
}

/// Owns the connections, so that aborting it closes all of them.
async fn accept<H, F>(listener: TcpListener, handle: H)
where
    H: Fn(Incoming) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(serve(stream, Peer(peer), handle.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries the bytes of [`Reply::Raw`] out of hyper, which closes a connection whose service fails.
#[derive(Debug)]
struct Raw(&'static [u8]);

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends here")
    }
}

impl Error for Raw {}

async fn serve<H, F>(stream: TcpStream, peer: Peer, handle: H)
where
    H: Fn(Incoming) -> F,
    F: Future<Output = Reply>,
{
    // Otherwise Nagle's algorithm adds 40 ms to a local call.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|mut request: Incoming| {
        request.extensions_mut().insert(peer);
        let reply = handle(request);
        Box::pin(async move {
            match reply.await {
                Reply::Answer(response) => Ok(response.map(Full::new)),
                Reply::Raw(bytes) => Err(Raw(bytes)),
            }
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let Err(error) = poll_fn(|cx| connection.poll_without_shutdown(cx)).await else {
        return;
    };
    if let Some(Raw(bytes)) = error.source().and_then(|source| source.downcast_ref()) {
        let mut stream = connection.into_parts().io.into_inner();
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
    }
}

/// Runs `future` on the background runtime and returns its output to the awaiting executor, whichever that is.
pub(super) async fn in_background<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    let done = background().spawn(future).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
