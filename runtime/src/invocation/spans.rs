//! The spans of an invocation: opened, changed and closed by the code that runs in it.

use std::sync::Arc;

use super::Invocation;
use crate::span::Span;

impl Invocation {
    /// Opens a child span and returns its slot, or `None` if it is dropped.
    pub(crate) fn open(&self, mut span: Box<Span>) -> Option<usize> {
        let mut state = self.lock();
        // A verdict within a record of another trace does not concern this one.
        let verdict = span.verdict.take().filter(|_| span.head.is_none());
        state.hear(verdict);
        let place = state.children.open(span);
        if place.is_none() {
            match state.sent {
                false => state.dropped += 1,
                true => {
                    // The loss is logged, and a log line asks for the trace.
                    drop(state);
                    self.count_late_dropped();
                }
            }
        }
        place
    }

    /// Changes an open child span; one that is already sent stays as it was. `change` must not run user code: that could
    /// log, and a log line asks for the trace, which is behind the same lock.
    pub(crate) fn change(&self, place: usize, id: u64, change: &mut dyn FnMut(&mut Span)) {
        let mut state = self.lock();
        if let Some(span) = state.children.change(place, id, change) {
            let verdict = span.verdict.take().filter(|_| span.head.is_none());
            state.hear(verdict);
        }
    }

    /// Changes the root span while it is open.
    pub(crate) fn change_root(&self, change: &mut dyn FnMut(&mut Span)) {
        let mut state = self.lock();
        if !state.sent {
            change(&mut state.root);
            let verdict = state.root.verdict.take();
            state.hear(verdict);
        }
    }

    /// Closes a child span now. One that outlives the invocation is sent later.
    pub(crate) fn close(&self, place: usize, id: u64) {
        let now = self.now();
        let mut state = self.lock();
        if state.children.end(place, id, now) && state.sent {
            let mut span = state.children.take(place, id);
            let own = span.as_mut().and_then(|span| span.head.take());
            let head = own.or_else(|| Some(Arc::clone(&state.trace.as_ref()?.head)));
            drop(state);
            if let (Some(span), Some(head)) = (span, head) {
                self.keep_late(head, span);
            }
        }
    }

    /// Removes a child span that has not been sent.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn discard(&self, place: usize, id: u64) {
        self.lock().children.take(place, id);
    }

    /// Ends every span that is still open, now.
    pub(crate) fn finish_spans(&self) {
        let now = self.now();
        self.lock().children.finish(now);
    }
}
