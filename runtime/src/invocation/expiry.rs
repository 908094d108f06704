//! Ending an invocation from outside because its time is up. Any other code that ends it waits until that is done: the
//! process may be frozen right after.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::Invocation;

/// Whether the invocation is being ended from outside.
#[derive(Debug, Default)]
pub(super) enum Expiry {
    #[default]
    None,
    /// The waker of a task that waits for it, if any.
    UnderWay(Option<Waker>),
}

/// Resets the state when dropped, even on a panic.
struct Expiring<'a>(&'a Invocation);

impl Drop for Expiring<'_> {
    fn drop(&mut self) {
        let expiry = std::mem::take(&mut self.0.lock().expiry);
        if let Expiry::UnderWay(Some(waker)) = expiry {
            waker.wake();
        }
    }
}

impl Invocation {
    /// Runs `end`, which ends the invocation from outside.
    pub(crate) fn expire(&self, end: impl FnOnce()) {
        self.lock().expiry = Expiry::UnderWay(None);
        let _expiring = Expiring(self);
        end();
    }

    /// Ready unless the invocation is being ended from outside.
    pub(crate) fn poll_expiry(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.lock().expiry {
            Expiry::None => Poll::Ready(()),
            Expiry::UnderWay(waiting) => {
                *waiting = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Like [`poll_expiry`](Self::poll_expiry), on a thread that may block.
    pub(crate) fn wait_for_expiry(&self) {
        struct Unpark(Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        while self.poll_expiry(&mut cx).is_pending() {
            thread::park();
        }
    }
}
