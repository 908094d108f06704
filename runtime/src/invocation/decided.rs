//! Deciding the sampling priority as soon as somebody is to be told.

use std::borrow::Cow;
use std::sync::Arc;

use super::trace::Trace;
use super::{Invocation, State};
use crate::span::{Head, Span, Tags, Verdict};

impl Invocation {
    /// What all spans of the trace share, with a priority that will not be decided anew.
    pub(crate) fn decided(&self) -> Arc<Head> {
        let mut state = self.settled();
        let State {
            trace,
            root,
            verdict,
            ..
        } = &mut *state;
        let Some(trace) = trace else {
            return Arc::default();
        };
        let Trace {
            head,
            priority,
            incoming,
            ..
        } = &mut **trace;
        priority.decide(head, *verdict, || match incoming.inferred.first() {
            Some(first) => Cow::Borrowed(&first.span),
            None => Cow::Owned(self.preview(root, &incoming.tags)),
        });
        Arc::clone(head)
    }

    /// The root span as it would leave now.
    fn preview(&self, root: &Span, incoming: &Tags) -> Span {
        let mut span = root.clone();
        let own = self.root.complete(&mut span);
        span.tags.append(incoming);
        span.tags.update(&own);
        span
    }
}

impl State {
    /// Notes what the function says about keeping the trace, as long as that can be heeded.
    pub(super) fn hear(&mut self, verdict: Option<Verdict>) {
        if verdict.is_some() && !self.sent {
            self.verdict = verdict;
        }
    }
}
