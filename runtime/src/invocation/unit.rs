//! Units of work, which programs that are no functions have in place of invocations.

use std::sync::Arc;

use super::root::Root;
use super::trace::Trace;
use super::{late, Invocation};
use crate::export;
use crate::propagation::TraceContext;
use crate::span::{Chunk, Clock, Head, Span};

impl Invocation {
    /// Begins a unit of work with this root span, now; it goes on with the context that was `found`, if there is one.
    pub(crate) fn begin_unit(mut span: Span, found: Option<TraceContext>) -> Arc<Self> {
        let clock = Clock::now();
        span.start = clock.started();
        let trace = Trace::of_unit(found, &clock);
        Self::new(Root::Unit, clock, span, None, Some(trace))
    }

    /// Ends a unit of work; its spans are sent in the background.
    pub(crate) fn send_unit(&self) {
        export::queue(self.finish().unwrap_or_default());
    }

    /// Keeps a finished span that has outlived the others: the next invocation sends it along, or the background.
    pub(super) fn keep_late(&self, head: Arc<Head>, span: Box<Span>) {
        match self.root {
            Root::Function(_) | Root::Startup => late::keep(head, span),
            Root::Unit => export::queue(vec![Chunk {
                head,
                spans: vec![span],
            }]),
        }
    }

    /// Counts a span for which there was no room any more.
    pub(super) fn count_late_dropped(&self) {
        match self.root {
            Root::Function(_) | Root::Startup => late::count_dropped(),
            Root::Unit => export::count_dropped(1),
        }
    }
}
