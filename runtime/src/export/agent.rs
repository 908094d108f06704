//! Delivering a request: over a connection that is kept, with one more try over a new one.

use std::future::{poll_fn, Future};
use std::io::{self, ErrorKind};
use std::pin::{pin, Pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connection::{self, Connection};
use super::http::{self, Answer};
use super::losses::Undelivered;
use super::rates;
use crate::config::{Address, Config, Destination};
use crate::watchdog::{self, Watch};

/// Connections that wait for the next flush; as many as flushes ran at once.
static IDLE: Mutex<Vec<Box<dyn Connection>>> = Mutex::new(Vec::new());

/// Sends a request and reads the answer to its end.
///
/// A second try is safe: the extension drops spans that it has just seen.
pub(super) async fn send(to: &Address, request: &[u8], until: Instant) -> Result<(), Undelivered> {
    let idle = lock().pop();
    let tries = async {
        match once(idle, to, request).await {
            // In a box, as below: what happens once should not make the future of every flush larger.
            Err(Undelivered::Failed(_) | Undelivered::Refused(500..)) => {
                Box::pin(once(None, to, request)).await
            }
            settled => settled,
        }
    };
    let settled = within(until, pin!(tries)).await;
    settled.unwrap_or(Err(Undelivered::TimedOut))
}

/// Closes the connections that wait for the next flush.
pub(super) fn disconnect() {
    lock().clear();
}

async fn once(
    idle: Option<Box<dyn Connection>>,
    to: &Address,
    request: &[u8],
) -> Result<(), Undelivered> {
    let mut stream = match idle {
        Some(stream) => stream,
        None => Box::pin(connection::open(to))
            .await
            .map_err(Undelivered::Failed)?,
    };
    let (status, keep) = exchange(&mut *stream, request)
        .await
        .map_err(Undelivered::Failed)?;
    if keep {
        lock().push(stream);
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

/// The same without an executor, over connections of its own.
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

fn exchange_blocking(to: &Address, request: &[u8], until: Instant) -> io::Result<(u16, bool)> {
    let left = || {
        let left = until
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero());
        left.ok_or_else(|| io::Error::from(ErrorKind::TimedOut))
    };
    let mut stream = connection::open_blocking(to, &left)?;
    stream.set_limit(left()?)?;
    stream.write_all(request)?;
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        stream.set_limit(left()?)?;
        let count = stream.read(&mut buffer)?;
        read.extend_from_slice(&buffer[..count]);
        if let Some(whole) = whole(&read, count == 0)? {
            return Ok(whole);
        }
    }
}

/// The status, and whether the connection may be kept, once the answer is whole. What it tells besides is noted.
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

/// Takes note of what an answer tells: an agent tells sampling rates, other servers what they did not take.
fn learn(body: &[u8]) {
    match Config::get().destination {
        #[cfg(feature = "otlp")]
        Destination::Otlp(_) => super::otlp::learn(body),
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
async fn within<F: Future>(until: Instant, mut future: Pin<&mut F>) -> Option<F::Output> {
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
            // Without a watch nobody would wake us.
            let Some(at) = watchdog::at(until, move || waker.wake()) else {
                return Poll::Ready(None);
            };
            watch = Some((at, cx.waker().clone()));
        }
        Poll::Pending
    })
    .await
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Box<dyn Connection>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}
