//! Threads of the library's own.

use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

/// Starts a thread; false if there can be none.
// By a pointer to what it runs: starting is code for each type of that.
pub(crate) fn start(name: &str, run: fn()) -> bool {
    let started = Builder::new().name(name.to_owned()).spawn(run);
    started.is_ok()
}

/// More calls than this do not wait at once: of each that takes too long a thread is left.
const MAX_WAITING: usize = 8;
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// What `call` returns, which knows no time limit itself: it runs on a thread of its own, which is left to itself after
/// `limit`.
///
/// # Errors
///
/// Those of the call, or `TimedOut`, also where too many others have not come back; or that of starting a thread.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    /// Counts a call until it is over, or could not begin.
    struct Waiting;
    impl Drop for Waiting {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let before = WAITING.fetch_add(1, Ordering::Relaxed);
    let waiting = Waiting;
    if before >= MAX_WAITING {
        return Err(ErrorKind::TimedOut.into());
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let run = move || {
        let result = call();
        drop(waiting);
        // Nobody may wait for it any more.
        sender.send(result).unwrap_or_default();
    };
    Builder::new()
        .name("ddlambda-connect".to_owned())
        .spawn(run)?;
    let result = receiver.recv_timeout(limit);
    result.unwrap_or_else(|_| Err(Error::from(ErrorKind::TimedOut)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_do_not_come_back_are_left_and_bounded() {
        let (gate, closed) = mpsc::channel::<()>();
        let closed = std::sync::Arc::new(std::sync::Mutex::new(closed));
        let wait = || {
            let closed = closed.clone();
            within(Duration::from_millis(10), move || {
                drop(closed.lock().map(|closed| closed.recv()));
                Ok(())
            })
        };
        let kinds = [(); MAX_WAITING + 1].map(|()| wait().map_err(|error| error.kind()));
        assert_eq!(kinds, [Err(ErrorKind::TimedOut); MAX_WAITING + 1]);
        drop(gate);
        while WAITING.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        let limit = Duration::from_secs(20);
        assert_eq!(within(limit, || Ok(7)).ok(), Some(7));
        let refused = within(limit, || Err::<u8, _>(ErrorKind::NotFound.into()));
        assert_eq!(
            refused.map_err(|error| error.kind()),
            Err(ErrorKind::NotFound)
        );
    }
}
