//! Sending in the background, for programs that are not to wait for their traces to be sent: a bounded queue, and one thread
//! that starts with the first spans.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::agent::within;
use super::losses::{self, Undelivered};
use crate::contained::contained;
use crate::sampling;
use crate::span::Chunk;
use crate::thread;

/// The most spans that wait, so that a slow or absent agent cannot fill the program's memory.
const MAX_SPANS: usize = 20_000;
/// The most bytes of spans that wait. An empty queue takes one unit of work of any size: that is bounded itself.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// This many spans make a good request and are sent at once.
const ENOUGH: usize = 1_000;
/// How long fewer spans wait, so that more go into one request.
const PERIOD: Duration = Duration::from_secs(1);
const NAME: &str = "ddlambda-sender";

#[derive(Default)]
struct Queue {
    chunks: Vec<Chunk>,
    /// The number of spans in `chunks`.
    spans: usize,
    /// The memory that they take, in bytes.
    bytes: usize,
    /// Counts how often the queue has been emptied and its contents sent.
    rounds: u64,
    /// Results of the rounds up to this one are ignored: their spans have been counted as lost.
    given_up: u64,
    /// The number of spans taken from the queue and still being sent.
    sending: usize,
    /// Whether a flush waits for the queue to be empty.
    urgent: bool,
    /// The wakers of the flushes that are futures.
    wakers: Vec<Waker>,
    running: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    chunks: Vec::new(),
    spans: 0,
    bytes: 0,
    rounds: 0,
    given_up: 0,
    sending: 0,
    urgent: false,
    wakers: Vec::new(),
    running: false,
});
/// Signals that there is work for the thread.
static WORK: Condvar = Condvar::new();
/// Signals that the thread has finished a round.
static DONE: Condvar = Condvar::new();

/// Queues chunks to be sent soon, without waiting. What there is no room for is dropped, counted and logged.
pub(crate) fn queue(chunks: Vec<Chunk>) {
    let spans = chunks.iter().map(|chunk| chunk.spans.len()).sum();
    if spans == 0 {
        return;
    }
    let of_unit = chunks.iter().flat_map(|chunk| &chunk.spans);
    let bytes = of_unit.map(|span| span.size()).sum();
    let mut queue = lock();
    if !queue.has_room(spans, bytes) || !queue.is_running() {
        drop(queue);
        return losses::count_dropped(spans);
    }
    let before = queue.spans;
    queue.spans += spans;
    queue.bytes += bytes;
    queue.chunks.extend(chunks);
    if before == 0 || before < ENOUGH && queue.spans >= ENOUGH {
        WORK.notify_one();
    }
}

/// Starts to send all that is in the queue; the future is ready when that is done.
pub(crate) fn flush() -> impl Future<Output = ()> + Send {
    finished(hurry(&mut lock()).unwrap_or(0))
}

/// Is ready after this round, or at once.
fn finished(round: u64) -> impl Future<Output = ()> + Send {
    poll_fn(move |cx| {
        let mut queue = lock();
        if queue.rounds >= round {
            return Poll::Ready(());
        }
        if !queue.wakers.iter().any(|known| known.will_wake(cx.waker())) {
            queue.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    })
}

/// The same at the end of the process, for `limit` at most: what has not been sent by then is counted as lost, once.
pub(crate) fn flush_last(limit: Duration) -> impl Future<Output = ()> + Send {
    let now = Instant::now();
    let until = now.checked_add(limit).unwrap_or(now);
    let round = hurry(&mut lock()).unwrap_or(0);
    async move {
        if within(until, pin!(finished(round))).await.is_some() {
            return;
        }
        let left = lock().give_up(round);
        if left > 0 {
            losses::note(Err(Undelivered::Dropped), left);
        }
    }
}

/// The same on a thread that may block, for `limit` at most; does nothing on the sending thread.
pub(crate) fn flush_blocking(limit: Duration) {
    if std::thread::current().name() == Some(NAME) {
        return;
    }
    let mut queue = lock();
    if let Some(round) = hurry(&mut queue) {
        let unfinished = |queue: &mut Queue| queue.rounds < round;
        drop(DONE.wait_timeout_while(queue, limit, unfinished));
    }
}

/// Makes the thread send at once. Returns the number of rounds after which everything has been sent; `None` if there is
/// nothing to wait for.
fn hurry(queue: &mut Queue) -> Option<u64> {
    let waiting = u64::from(queue.spans > 0);
    let under_way = u64::from(queue.sending > 0);
    if waiting > 0 {
        queue.urgent = true;
        WORK.notify_one();
    }
    (waiting + under_way > 0).then_some(queue.rounds + waiting + under_way)
}

impl Queue {
    /// Takes all rounds up to this one for lost; returns how many spans are in those that were not lost before.
    fn give_up(&mut self, round: u64) -> usize {
        let before = self.given_up;
        self.given_up = before.max(round);
        let sending = self.rounds + 1;
        let lost = |of: u64, spans| {
            if (before + 1..=round).contains(&of) {
                spans
            } else {
                0
            }
        };
        match self.sending {
            0 => lost(sending, self.spans),
            spans => lost(sending, spans) + lost(sending + 1, self.spans),
        }
    }

    fn has_room(&self, spans: usize, bytes: usize) -> bool {
        let fits = self.spans + spans <= MAX_SPANS && self.bytes + bytes <= MAX_BYTES;
        fits || self.spans == 0
    }

    /// Whether the thread runs; starts it if necessary.
    fn is_running(&mut self) -> bool {
        if !self.running {
            self.running = thread::start(NAME, run);
        }
        self.running
    }
}

fn run() {
    let mut queue = lock();
    loop {
        queue = WORK
            .wait_while(queue, |queue| queue.spans == 0)
            .unwrap_or_else(PoisonError::into_inner);
        let may_wait = |queue: &mut Queue| !queue.urgent && queue.spans < ENOUGH;
        queue = WORK
            .wait_timeout_while(queue, PERIOD, may_wait)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        queue.urgent = false;
        queue.sending = std::mem::take(&mut queue.spans);
        queue.bytes = 0;
        let mut chunks = std::mem::take(&mut queue.chunks);
        drop(queue);
        // A panic must not end the thread.
        contained(|| {
            chunks.iter_mut().for_each(sampling::mark_single_spans);
            super::send_blocking_noting(chunks, Duration::MAX, &|sent, spans| {
                let queue = lock();
                let is_given_up = queue.given_up > queue.rounds;
                drop(queue);
                if !is_given_up {
                    losses::note(sent, spans);
                }
            });
        });
        queue = lock();
        queue.sending = 0;
        queue.rounds += 1;
        DONE.notify_all();
        let wakers = std::mem::take(&mut queue.wakers);
        drop(queue);
        // A waker belongs to the user's executor: it may call back into this module, or panic.
        for waker in wakers {
            contained(|| waker.wake());
        }
        queue = lock();
    }
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{mpsc, Arc};
    use std::task::Wake;

    use super::*;

    /// An executor with a bug: it looks at the queue, then panics.
    struct Panics(Mutex<Option<mpsc::Sender<usize>>>);

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            let spans = lock().spans;
            let woken = self.0.lock().ok().and_then(|mut woken| woken.take());
            woken.map(|woken| woken.send(spans));
            panic!("a bug in the executor");
        }
    }

    #[test]
    fn a_waker_that_panics_is_not_the_end_of_the_thread() {
        let chunk = || Chunk {
            head: Arc::default(),
            spans: vec![Box::default()],
        };
        for _ in 0..2 {
            let (sender, woken) = mpsc::channel();
            let waker = Arc::new(Panics(Mutex::new(Some(sender)))).into();
            // As `flush` does; it would find a round that has ended before it is polled.
            lock().wakers.push(waker);
            queue(vec![chunk()]);
            drop(flush());
            assert!(woken.recv_timeout(Duration::from_secs(20)).is_ok());
        }
    }

    #[test]
    fn there_is_room_for_so_many_spans_and_bytes() {
        let queue = |spans, bytes| Queue {
            spans,
            bytes,
            ..Queue::default()
        };
        assert!(queue(MAX_SPANS - 2, 0).has_room(2, 1));
        assert!(!queue(MAX_SPANS - 2, 0).has_room(3, 1));
        assert!(queue(1, MAX_BYTES - 2).has_room(1, 2));
        assert!(!queue(1, MAX_BYTES - 2).has_room(1, 3));
        assert!(queue(0, 0).has_room(MAX_SPANS + 1, MAX_BYTES + 1));
    }
}
