//! One thread that acts on time, however busy the executor's threads are.
//!
//! A timer of the async runtime does not fire while a handler blocks its thread, and does not exist if the runtime was built
//! without one. The thread starts with the first deadline; cancelling a deadline before it is due costs only a lock.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::contained::contained;
use crate::thread;

type Action = Box<dyn FnOnce() + Send>;

struct Deadline {
    id: u64,
    at: Instant,
    action: Action,
}

#[derive(Default)]
struct Deadlines {
    pending: Vec<Deadline>,
    next_id: u64,
    /// When the thread will wake up; `None` while it waits for a first deadline or does not run.
    asleep_until: Option<Instant>,
    running: bool,
}

static DEADLINES: Mutex<Deadlines> = Mutex::new(Deadlines {
    pending: Vec::new(),
    next_id: 0,
    asleep_until: None,
    running: false,
});
static EARLIER: Condvar = Condvar::new();

/// Cancels its deadline when dropped.
#[derive(Debug)]
pub(crate) struct Watch(u64);

/// Calls `action` on the watchdog's thread at `at`, unless the returned value is dropped before; `None` if the thread cannot
/// be started.
pub(crate) fn at(at: Instant, action: impl FnOnce() + Send + 'static) -> Option<Watch> {
    add(at, Box::new(action))
}

fn add(at: Instant, action: Action) -> Option<Watch> {
    let mut deadlines = lock();
    deadlines.next_id += 1;
    let id = deadlines.next_id;
    deadlines.pending.push(Deadline { id, at, action });
    if !deadlines.running {
        deadlines.running = thread::start("ddlambda-watchdog", run);
        if !deadlines.running {
            deadlines.pending.clear();
        }
    } else if deadlines.asleep_until.is_none_or(|until| at < until) {
        EARLIER.notify_one();
    }
    deadlines.running.then_some(Watch(id))
}

/// Returns at `until`, or at once if the thread cannot be started.
#[cfg(all(unix, feature = "graceful-shutdown"))]
pub(crate) async fn sleep_until(until: Instant) {
    let mut watch = None;
    std::future::poll_fn(|cx| {
        if Instant::now() >= until {
            return std::task::Poll::Ready(());
        }
        let waker = cx.waker().clone();
        watch = at(until, move || waker.wake());
        match watch {
            Some(_) => std::task::Poll::Pending,
            None => std::task::Poll::Ready(()),
        }
    })
    .await;
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock().pending.retain(|deadline| deadline.id != self.0);
    }
}

fn run() {
    let mut deadlines = lock();
    loop {
        let now = Instant::now();
        if let Some(due) = deadlines
            .pending
            .iter()
            .position(|deadline| deadline.at <= now)
        {
            let deadline = deadlines.pending.swap_remove(due);
            drop(deadlines);
            // An action may wake the user's executor: a panic there must not end the thread.
            contained(deadline.action);
            deadlines = lock();
            continue;
        }
        let next = deadlines.pending.iter().map(|deadline| deadline.at).min();
        deadlines.asleep_until = next;
        deadlines = match next {
            Some(next) => EARLIER
                .wait_timeout(deadlines, next.saturating_duration_since(now))
                .map_or_else(|poisoned| poisoned.into_inner().0, |(guard, _)| guard),
            None => EARLIER
                .wait(deadlines)
                .unwrap_or_else(PoisonError::into_inner),
        };
    }
}

fn lock() -> MutexGuard<'static, Deadlines> {
    DEADLINES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn the_earlier_deadline_comes_first_and_one_taken_back_never() {
        let (sender, receiver) = mpsc::channel();
        let now = Instant::now();
        let send = |what: &'static str| {
            let sender = sender.clone();
            move || sender.send(what).unwrap_or_default()
        };
        let _late = at(now + Duration::from_millis(60), send("late"));
        let taken_back = at(now + Duration::from_millis(20), send("taken back"));
        let _early = at(now + Duration::from_millis(30), send("early"));
        drop(taken_back);
        assert_eq!(receiver.recv(), Ok("early"));
        assert_eq!(receiver.recv(), Ok("late"));
    }
}
