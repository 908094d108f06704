//! Delivers a request over a connection that is kept alive, with one retry over a new one.

use std::future::{poll_fn, Future};
use std::io::{self, ErrorKind};
use std::pin::{pin, Pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connection::{self, Connection};
use super::http::{self, Answer};
use super::losses::Undelivered;
use super::rates;
use crate::config::{Address, Config};
use crate::watchdog::{self, Watch};

/// A connection that is kept for the next flush.
struct Idle {
    stream: Box<dyn Connection>,
    since: SystemTime,
}

/// Never more than the flushes that ran at once: each takes one connection and puts one back.
static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

/// Idle connections are closed after this time, since the server may have closed its end unnoticed. Measured by the wall
/// clock, because monotonic clocks stop while the sandbox is frozen.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// Sends a request and reads the whole response.
///
/// A first failure is retried. If only the response was lost, the spans arrive twice: the extension drops recent duplicates;
/// elsewhere delivery is at least once.
pub(super) async fn send(to: &Address, request: &[u8], until: Instant) -> Result<(), Undelivered> {
    let mut idle = idle(SystemTime::now());
    let tries = async {
        let mut is_first = true;
        loop {
            match once(idle.take(), to, request).await {
                // Happens, for example, in a test that calls a handler in an executor of its own.
                Err(Undelivered::Failed(error)) if error.kind() == ErrorKind::Unsupported => {
                    return send_blocking(to, request, until);
                }
                Err(Undelivered::Failed(_) | Undelivered::Refused(500..)) if is_first => {}
                settled => return settled,
            }
            is_first = false;
        }
    };
    let settled = within(until, pin!(tries)).await;
    settled.unwrap_or(Err(Undelivered::TimedOut))
}

/// Closes the idle connections.
pub(super) fn disconnect() {
    lock().clear();
}

/// The most recently used idle connection, if there is one that may still be used.
fn idle(now: SystemTime) -> Option<Box<dyn Connection>> {
    let mut idle = lock();
    idle.retain(|idle| {
        let waited = now.duration_since(idle.since);
        waited.is_ok_and(|waited| waited <= MAX_IDLE)
    });
    idle.pop().map(|idle| idle.stream)
}

async fn once(
    idle: Option<Box<dyn Connection>>,
    to: &Address,
    request: &[u8],
) -> Result<(), Undelivered> {
    let mut stream = match idle {
        Some(stream) => stream,
        None => connection::open(to).await.map_err(Undelivered::Failed)?,
    };
    let (status, keep) = exchange(&mut *stream, request)
        .await
        .map_err(Undelivered::Failed)?;
    // If the agent fails, the retry uses a new connection, which is kept instead of this one.
    if keep && status < 500 {
        let since = SystemTime::now();
        lock().push(Idle { stream, since });
    }
    accepted(status)
}

async fn exchange(stream: &mut dyn Connection, request: &[u8]) -> io::Result<(u16, bool)> {
    stream.write_all(request).await?;
    let mut read = Vec::with_capacity(512);
    loop {
        let ended = stream.read_buf(&mut read).await? == 0;
        if let Some(whole) = whole(&read, ended)? {
            return Ok(whole);
        }
    }
}

/// Like [`send`], without an executor, over a new connection for each try.
pub(super) fn send_blocking(
    to: &Address,
    request: &[u8],
    until: Instant,
) -> Result<(), Undelivered> {
    match once_blocking(to, request, until) {
        Err(Undelivered::Failed(_) | Undelivered::Refused(500..)) => {
            once_blocking(to, request, until)
        }
        settled => settled,
    }
}

fn once_blocking(to: &Address, request: &[u8], until: Instant) -> Result<(), Undelivered> {
    let (status, _) =
        exchange_blocking(to, request, until).map_err(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Undelivered::TimedOut,
            _ => Undelivered::Failed(error),
        })?;
    accepted(status)
}

fn exchange_blocking(to: &Address, mut request: &[u8], until: Instant) -> io::Result<(u16, bool)> {
    let left = || {
        let left = until
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero());
        left.ok_or_else(|| io::Error::from(ErrorKind::TimedOut))
    };
    let mut stream = connection::open_blocking(to, &left)?;
    while !request.is_empty() {
        // The limit applies to a single call, which may write only a part.
        stream.set_limit(left()?)?;
        match stream.write(request) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => request = &request[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        stream.set_limit(left()?)?;
        let count = match stream.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        read.extend_from_slice(&buffer[..count]);
        if let Some(whole) = whole(&read, count == 0)? {
            return Ok(whole);
        }
    }
}

/// The status, and whether the connection may be reused, once the response is complete. Evaluates its body as well.
fn whole(read: &[u8], ended: bool) -> io::Result<Option<(u16, bool)>> {
    match http::answer(read, ended) {
        Answer::Partial => Ok(None),
        Answer::Whole {
            status,
            keep_alive,
            body,
        } => {
            if accepted(status).is_ok() {
                learn(&body);
            }
            Ok(Some((status, keep_alive)))
        }
        Answer::Malformed if read.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
        Answer::Malformed => Err(io::Error::new(
            ErrorKind::InvalidData,
            "the answer is not HTTP",
        )),
    }
}

/// Evaluates the body of a response: an agent sends sampling rates, an OTLP server what it rejected.
fn learn(body: &[u8]) {
    match Config::get().destination {
        #[cfg(feature = "otlp")]
        crate::config::Destination::Otlp(_) => super::otlp::learn(body),
        _ => rates::learn(body),
    }
}

fn accepted(status: u16) -> Result<(), Undelivered> {
    match status {
        200..=299 => Ok(()),
        _ => Err(Undelivered::Refused(status)),
    }
}

/// The output of `future`, or `None` at `until`, whether or not the runtime has timers.
pub(super) async fn within<F: Future>(
    until: Instant,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    let mut watch: Option<(Watch, Waker)> = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if Instant::now() >= until {
            return Poll::Ready(None);
        }
        if !watch
            .as_ref()
            .is_some_and(|(_, waker)| waker.will_wake(cx.waker()))
        {
            let waker = cx.waker().clone();
            // Without a timer, nothing would wake this task.
            let Some(at) = watchdog::at(until, move || waker.wake()) else {
                return Poll::Ready(None);
            };
            watch = Some((at, cx.waker().clone()));
        }
        Poll::Pending
    })
    .await
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Idle>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_connection_that_has_waited_for_long_is_closed() {
        let now = SystemTime::now();
        let keep = |since| {
            let (stream, _) = tokio::io::duplex(1);
            lock().push(Idle {
                stream: Box::new(stream),
                since,
            });
        };
        keep(now);
        keep(now + Duration::from_secs(4));
        let used = |at| idle(now + Duration::from_secs(at)).is_some();
        assert!(used(5) && used(5) && !used(5));
        keep(now);
        assert!(!used(6));
        // The clock has been set back.
        keep(now + Duration::from_secs(60));
        assert!(!used(6));
        assert!(lock().is_empty());
    }

    /// A server that no longer accepts: the next connection stays in the backlog.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_that_nobody_accepts_from_has_no_more_time() {
        let name = format!("ddlambda-{}.sock", std::process::id());
        let path = std::env::temp_dir().join(name);
        let socket = tokio::net::UnixSocket::new_stream().unwrap();
        socket.bind(&path).unwrap();
        let _server = socket.listen(0).unwrap();
        let _waits = tokio::net::UnixStream::connect(&path).await.unwrap();
        let limit = Duration::from_millis(200);
        let to = Address::Unix(path.clone());
        let begin = Instant::now();
        let sent = send_blocking(&to, b"a request", begin + limit);
        let took = begin.elapsed();
        std::fs::remove_file(path).unwrap();
        assert!(matches!(sent, Err(Undelivered::TimedOut)), "{sent:?}");
        assert!(took < 20 * limit, "{took:?}");
    }

    /// A server that reads a little at a time.
    #[test]
    fn a_request_that_goes_out_bit_by_bit_has_no_more_time() {
        let server = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let to = Address::Tcp {
            host: "127.0.0.1".to_owned(),
            port: server.local_addr().unwrap().port(),
        };
        std::thread::spawn(move || {
            let (mut client, _) = server.accept().unwrap();
            let mut some = vec![0; 200_000];
            while client.read(&mut some).is_ok_and(|count| count > 0) {
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let limit = Duration::from_millis(200);
        let begin = Instant::now();
        let sent = send_blocking(&to, &vec![b'x'; 16_000_000], begin + limit);
        assert!(matches!(sent, Err(Undelivered::TimedOut)), "{sent:?}");
        let took = begin.elapsed();
        assert!(took < 5 * limit, "{took:?}");
    }
}
