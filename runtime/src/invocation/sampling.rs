//! Deciding the sampling priority as soon as it is passed on.

use std::borrow::Cow;
use std::sync::Arc;

use super::trace::Trace;
use super::{Invocation, State};
use crate::propagation::Baggage;
use crate::span::{Head, Span, Tags, Verdict};

impl Invocation {
    /// What is passed on about the trace: what all its spans share, with a priority that is final, and its baggage. `None`
    /// before the first invocation, which may belong to any trace, and while the extractor is running.
    pub(crate) fn decided(&self) -> Option<(Arc<Head>, Baggage)> {
        let mut state = self.settled();
        let State {
            trace: Some(trace),
            root,
            verdict,
            searching: false,
            ..
        } = &mut *state
        else {
            return None;
        };
        let Trace {
            head,
            priority,
            incoming,
            baggage,
            ..
        } = &mut **trace;
        priority.decide(head, *verdict, || match incoming.inferred.first() {
            Some(first) => Cow::Borrowed(&first.span),
            None => Cow::Owned(self.preview(root, &incoming.tags)),
        });
        Some((Arc::clone(head), baggage.clone()))
    }

    /// The root span as it would be sent now.
    fn preview(&self, root: &Span, incoming: &Tags) -> Span {
        let mut span = root.clone();
        let own = self.root.complete(&mut span);
        span.tags.append(incoming);
        span.tags.update(&own);
        span
    }
}

impl State {
    /// Notes the function's own sampling verdict, while it can still be applied.
    pub(super) fn hear(&mut self, verdict: Option<Verdict>) {
        if verdict.is_some() && !self.sent {
            self.verdict = verdict;
        }
    }
}
