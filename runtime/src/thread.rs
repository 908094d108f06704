//! The library's own threads.

use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::thread::Builder;
use std::time::Duration;

/// Starts a thread; false if that fails.
// Takes a function pointer, since spawning is instantiated for each type of closure.
pub(crate) fn start(name: &str, run: fn()) -> bool {
    let started = Builder::new().name(name.to_owned()).spawn(run);
    started.is_ok()
}

/// The most calls in progress at a time: each one that takes too long leaves a thread behind.
const MAX_WAITING: usize = 8;
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The result of `call`, which has no time limit of its own: it runs on a separate thread, which is abandoned after `limit`.
///
/// # Errors
///
/// Those of the call and of starting a thread; `TimedOut` after `limit`, or if too many other calls have not returned.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    /// Counts a call until it has returned or failed to start.
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
    // Shared, to be run here if no thread can be started.
    let call = Arc::new(Mutex::new(Some(call)));
    let take = |call: &Mutex<Option<_>>| call.lock().ok()?.take();
    let shared = Arc::clone(&call);
    let run = move || {
        let Some(call) = take(&shared) else { return };
        let result = call();
        drop(waiting);
        // The receiver may have given up.
        sender.send(result).unwrap_or_default();
    };
    let started = Builder::new()
        .name("ddlambda-connect".to_owned())
        .spawn(run);
    if started.is_err() {
        // Late is better than lost.
        return take(&call).map_or(Err(ErrorKind::TimedOut.into()), |call| call());
    }
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
