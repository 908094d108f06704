//! The sampling priority of an invocation's trace.

use std::borrow::Cow;
use std::sync::Arc;

use crate::sampling::{self, Decision};
use crate::span::{Head, Span, Verdict};

/// Where the priority comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Priority {
    /// Not decided, and not passed on to anyone yet.
    Open,
    /// The caller decided.
    Inherited,
    /// Decided here: by the rules, the agent's rates or the default.
    Decided(Decision),
    /// The function itself decided.
    Overruled(Verdict),
}

impl Priority {
    /// Decides if the priority is open, based on the trace's `first` span. The function's own verdict counts at any time.
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

    /// The decision made here, if it still stands.
    pub(super) fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided(decision) => Some(decision),
            _ => None,
        }
    }
}
