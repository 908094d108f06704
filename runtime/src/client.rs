//! The span of an outgoing call: to AWS, or to a web service.

use crate::active::Active;
use crate::invocation::Failure;
use crate::propagation::Inject;
use crate::span::{Span, Text};

/// Marks a request whose call already has a span.
#[cfg(any(feature = "aws-sdk", feature = "tower-http-client"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced;

/// A client span below the active one. It ends when dropped, and so also if the call is cancelled.
#[derive(Debug)]
pub(crate) struct ClientSpan(Active);

impl ClientSpan {
    /// Opens a span with this operation name and `span.kind`; `None` if nothing is traced. `describe` must not run user
    /// code.
    pub(crate) fn open(
        name: impl Into<Text>,
        kind: &str,
        describe: impl FnOnce(&mut Span),
    ) -> Option<Self> {
        let above = Active::get().or_else(Active::to_record)?;
        let mut span = Span::new(name, above.span_id, above.invocation.now());
        span.kind = "http".into();
        span.tags.expect_typical();
        span.tags.push("span.kind", kind);
        describe(&mut span);
        above.child(span).map(Self)
    }

    /// Injects the trace context with this span as the parent.
    pub(crate) fn inject(&self, into: &mut dyn Inject) {
        self.0.inject(into);
    }

    /// Changes the span. `change` must not run user code.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Span)) {
        self.0.change(change);
    }

    /// The time, in nanoseconds since the Unix epoch.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn now(&self) -> u64 {
        self.0.invocation.now()
    }

    /// Removes the span as if there had been no call.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn discard(self) {
        self.0.discard();
    }

    /// Marks the span as failed.
    pub(crate) fn fail(&self, failure: &Failure) {
        self.change(|span| failure.mark(span));
    }
}

impl Drop for ClientSpan {
    fn drop(&mut self) {
        self.0.close();
    }
}
