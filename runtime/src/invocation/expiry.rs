//! The end of an invocation that is given it from outside, because its time is up. Whoever else ends it meanwhile waits:
//! what comes next may be that the process stands still.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::Invocation;

/// Whether the invocation is being ended from outside.
#[derive(Debug, Default)]
pub(super) enum Expiry {
    #[default]
    None,
    /// Somebody may wait for it.
    UnderWay(Option<Waker>),
}

/// Ends it, also by a panic.
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
    /// Runs what ends the invocation from outside.
    pub(crate) fn expire(&self, end: impl FnOnce()) {
        self.lock().expiry = Expiry::UnderWay(None);
        let _expiring = Expiring(self);
        end();
    }

    /// Ready when nothing ends the invocation from outside, or that has been done.
    pub(crate) fn poll_expiry(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.lock().expiry {
            Expiry::None => Poll::Ready(()),
            Expiry::UnderWay(waiting) => {
                *waiting = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The same on a thread that may block.
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
