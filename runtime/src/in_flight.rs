//! An invocation from its begin until its trace is on its way.

use std::sync::Arc;

use crate::enhanced::End;
use crate::flush::{flush, flush_blocking, Sending};
use crate::invocation::{Failure, Invocation};
use crate::panic;
use crate::timeout;
use crate::watchdog::Watch;

/// Sees to an invocation, and watches over its deadline. Dropped before the end, as by a panic that ends the runtime or by
/// a timeout around the handler, it sends the trace at once.
pub(crate) struct InFlight {
    /// `None` once somebody else sees to it.
    invocation: Option<Arc<Invocation>>,
    watch: Option<Watch>,
    /// What is dropped then.
    what: &'static str,
    /// What it means for the invocation.
    end: End,
}

impl InFlight {
    pub(crate) fn begin(invocation: Arc<Invocation>, what: &'static str, end: End) -> Self {
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

    /// Ends the invocation: its trace is sent by what this hands out.
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
