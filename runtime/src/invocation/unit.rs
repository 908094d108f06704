//! Units of work, which take the place of invocations in programs that are not Lambda functions.

use std::sync::Arc;

use super::root::Root;
use super::trace::Trace;
use super::{late, Invocation};
use crate::export;
use crate::propagation::TraceContext;
use crate::span::{Chunk, Clock, Head, Span};

impl Invocation {
    /// Begins a unit of work with this root span, now; it continues the context `found`, if any.
    pub(crate) fn begin_unit(mut span: Box<Span>, found: Option<TraceContext>) -> Arc<Self> {
        let clock = Clock::now();
        span.start = clock.started();
        let trace = Trace::of_unit(found, &clock);
        Self::new(Root::Unit, clock, span, None, Some(trace))
    }

    /// Ends a unit of work; its spans are sent in the background.
    pub(crate) fn send_unit(&self) {
        export::queue(self.finish().unwrap_or_default());
    }

    /// Keeps a finished span that outlived the others: it is sent with the next invocation, or in the background.
    pub(super) fn keep_late(&self, head: Arc<Head>, span: Box<Span>) {
        match self.root {
            Root::Function(_) | Root::Startup => late::keep(head, span),
            Root::Unit => export::queue(vec![Chunk {
                head,
                spans: vec![span],
            }]),
        }
    }

    /// Counts a late span for which there was no room.
    pub(super) fn count_late_dropped(&self) {
        match self.root {
            Root::Function(_) | Root::Startup => late::count_dropped(),
            Root::Unit => export::count_dropped(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::invocation::children::MAX_SPANS;

    /// A log whose lines include the trace id.
    struct Log {
        unit: Arc<Invocation>,
        lines: Arc<AtomicUsize>,
    }

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
            tracing::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {
            assert_ne!(self.unit.head().trace_id, 0);
            self.lines.fetch_add(1, Ordering::Relaxed);
        }

        fn enter(&self, _: &tracing::Id) {}

        fn exit(&self, _: &tracing::Id) {}
    }

    #[test]
    fn that_there_is_no_room_is_said_by_a_line_that_names_the_trace() {
        let unit = Invocation::begin_unit(Span::new("job", 0, 0), None);
        let step = || Span::new("step", unit.root_id(), unit.now());
        assert!((0..MAX_SPANS).all(|_| unit.open(step()).is_some()));
        assert!(unit.finish().is_some());
        let lines = Arc::new(AtomicUsize::new(0));
        let log = Log {
            unit: Arc::clone(&unit),
            lines: Arc::clone(&lines),
        };
        tracing::subscriber::with_default(log, || assert_eq!(unit.open(step()), None));
        assert_eq!(lines.load(Ordering::Relaxed), 1);
    }
}
