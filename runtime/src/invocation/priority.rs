//! The sampling priority of an invocation's trace.

use std::borrow::Cow;
use std::sync::Arc;

use super::trace::Trace;
use super::{root, Invocation, State};
use crate::config::Config;
use crate::sampling::{self, Decision};
use crate::span::{Head, Span, Tags, Verdict};

/// How the priority has come about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Priority {
    /// It has not been decided, and nobody has been told.
    Open,
    /// The caller has decided.
    Inherited,
    /// The rules, the agent or nobody has decided.
    Decided(Decision),
    /// The function itself has decided.
    Overruled(Verdict),
}

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

    /// `aws.lambda` as it would leave now.
    fn preview(&self, root: &Span, incoming: &Tags) -> Span {
        let mut span = root.clone();
        let own = root::complete(&mut span, &self.context, Config::get(), self.start);
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

impl Trace {
    /// Decides the priority at the end, if nobody has been told before, and says so on the trace's `first` span.
    pub(super) fn close(&mut self, verdict: Option<Verdict>, first: &mut Span) {
        let decide_by = || Cow::Borrowed(&*first);
        self.priority.decide(&mut self.head, verdict, decide_by);
        if let Some(decision) = self.priority.decision() {
            decision.mark(first);
        }
    }
}

impl Priority {
    /// Decides if the priority is open, by the trace's `first` span; the function's own verdict counts at any time.
    pub(super) fn decide<'s>(
        &mut self,
        head: &mut Arc<Head>,
        verdict: Option<Verdict>,
        first: impl FnOnce() -> Cow<'s, Span>,
    ) {
        match (verdict, *self) {
            (Some(verdict), known) if known != Self::Overruled(verdict) => {
                sampling::overrule(Arc::make_mut(head), verdict, known.decision());
                *self = Self::Overruled(verdict);
            }
            (None, Self::Open) => {
                let decision = sampling::decide(head.trace_id, first);
                decision.apply(Arc::make_mut(head));
                *self = Self::Decided(decision);
            }
            _ => {}
        }
    }

    /// What was decided here, if that still stands.
    pub(super) fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided(decision) => Some(decision),
            _ => None,
        }
    }
}
