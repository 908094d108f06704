//! An invocation from its beginning until its trace is being sent.

use std::sync::Arc;

use crate::enhanced::End;
use crate::flush::{flush, flush_blocking, Sending};
use crate::invocation::{Failure, Invocation};
use crate::panic;
use crate::timeout;
use crate::watchdog::Watch;

/// Manages an invocation and watches its deadline. If dropped before the end, for example by a panic that ends the runtime
/// or by a timeout around the handler, it sends the trace at once.
pub(crate) struct InFlight {
    /// `None` once the invocation has ended.
    invocation: Option<Arc<Invocation>>,
    watch: Option<Watch>,
    /// What to report as dropped in that case.
    what: &'static str,
    /// How the invocation ends in that case.
    end: End,
}

impl InFlight {
    pub(crate) fn begin(invocation: Arc<Invocation>, what: &'static str, end: End) -> Self {
        panic::forget();
        Self {
            watch: timeout::watch(&invocation),
            invocation: Some(invocation),
            what,
            end,
        }
    }

    pub(crate) fn invocation(&self) -> Option<&Invocation> {
        self.invocation.as_deref()
    }

    /// Ends the invocation; the returned future sends its trace.
    pub(crate) fn end(mut self, end: End) -> Option<Sending> {
        self.watch = None;
        Some(flush(self.invocation.take()?, end))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(invocation) = self.invocation.take() {
            self.watch = None;
            cut(&invocation, self.what, self.end);
        }
    }
}

#[cold]
fn cut(invocation: &Invocation, what: &str, end: End) {
    let failure = match std::thread::panicking() {
        true => panic::take_failure(),
        false => None,
    };
    invocation.spoiled(failure.unwrap_or_else(|| Failure::of_drop(what)));
    invocation.finish_spans();
    flush_blocking(invocation, end);
    invocation.wait_for_expiry();
}
