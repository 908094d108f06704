//! The sampling priority of an invocation's trace.

use std::borrow::Cow;
use std::sync::Arc;

use crate::sampling::{self, Decision};
use crate::span::{Head, Span, Verdict};

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
