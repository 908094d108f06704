//! Decides whether a trace is kept, if that has not been decided before.
//!
//! The decision is made when it is first needed: when the context is injected, or when the trace is sent. It is based on
//! the trace's first span in this process. Dropped traces are sent as well, since the agent counts them.

mod limiter;
mod ot;
mod rules;
mod single_span;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Instant;

use crate::config::{Config, Provenance};
use crate::export::{self, Rates};
use crate::span::{Head, Span, Verdict};
use limiter::Limiter;
pub(crate) use single_span::mark as mark_single_spans;

/// The priority of a trace that begins here, unless something else is decided.
pub(crate) const AUTO_KEEP: i32 = 1;
const AUTO_DROP: i32 = 0;
const USER_KEEP: i32 = 2;
const USER_DROP: i32 = -1;

/// What has made a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    Default,
    Agent,
    Rule(Provenance),
}

/// The mechanism of a decision made by the function's own code.
const MANUAL: &str = "-4";

impl Mechanism {
    /// The value of `_dd.p.dm`.
    fn number(self) -> &'static str {
        match self {
            Self::Default => "-0",
            Self::Agent => "-1",
            Self::Rule(Provenance::Local) => "-3",
            Self::Rule(Provenance::Customer) => "-11",
            Self::Rule(Provenance::Dynamic) => "-12",
        }
    }
}

/// What was decided about a trace, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decision {
    priority: i32,
    mechanism: Mechanism,
    /// The rate of the rule or the agent.
    rate: Option<f64>,
    /// The share of traces that the limit has allowed.
    limit: Option<f64>,
}

/// The decision if nothing else applies.
const DEFAULT: Decision = Decision {
    priority: AUTO_KEEP,
    mechanism: Mechanism::Default,
    rate: None,
    limit: None,
};

/// Decides about a trace by its `first` span, which is only requested if the decision depends on it.
pub(crate) fn decide<'s>(trace_id: u128, first: impl FnOnce() -> Cow<'s, Span>) -> Decision {
    static LIMITER: OnceLock<Option<Limiter>> = OnceLock::new();
    let config = Config::get();
    let rates = export::rates();
    if config.sampling_rules.is_empty() && rates.is_none() {
        return DEFAULT;
    }
    let now = Instant::now();
    let limiter = LIMITER.get_or_init(|| limiter(config, now));
    let by = Sampler {
        config,
        rates: rates.as_deref(),
        limiter: limiter.as_ref(),
    };
    by.decide(trace_id as u64, &first(), now)
}

/// The limit of traces that rules keep; none if it is negative.
fn limiter(config: &Config, now: Instant) -> Option<Limiter> {
    let limit = config.sampling_limit;
    (limit >= 0.0).then(|| Limiter::new(limit, now))
}

/// The inputs of a decision.
struct Sampler<'a> {
    config: &'a Config,
    rates: Option<&'a Rates>,
    limiter: Option<&'a Limiter>,
}

impl Sampler<'_> {
    fn decide(&self, trace_id: u64, first: &Span, now: Instant) -> Decision {
        self.by_rule(trace_id, first, now)
            .or_else(|| self.by_agent(trace_id, first))
            .unwrap_or(DEFAULT)
    }

    /// The first rule that matches the trace decides.
    fn by_rule(&self, trace_id: u64, first: &Span, now: Instant) -> Option<Decision> {
        let mut rules = self.config.sampling_rules.iter();
        let rule = rules.find(|rule| rules::is_for(rule, first, self.config))?;
        let kept = keeps(trace_id, rule.rate);
        let limit = self.limiter.filter(|_| kept);
        let limit = limit.map(|limiter| limiter.allow(now));
        let kept = kept && limit.is_none_or(|(allowed, _)| allowed);
        Some(Decision {
            priority: if kept { USER_KEEP } else { USER_DROP },
            mechanism: Mechanism::Rule(rule.provenance),
            rate: Some(rule.rate),
            limit: limit.map(|(_, share)| share),
        })
    }

    /// The agent decides, if it has sent rates.
    fn by_agent(&self, trace_id: u64, first: &Span) -> Option<Decision> {
        let env = self.config.env.as_deref().unwrap_or_default();
        let rate = self.rates?.of(rules::service(first, self.config), env)?;
        let kept = keeps(trace_id, rate);
        Some(Decision {
            priority: if kept { AUTO_KEEP } else { AUTO_DROP },
            mechanism: Mechanism::Agent,
            rate: Some(rate),
            limit: None,
        })
    }
}

impl Decision {
    /// Writes the decision into the head of the trace, which is propagated.
    pub(crate) fn apply(&self, head: &mut Head) {
        head.priority = self.priority;
        if !head
            .tags
            .iter()
            .any(|(name, _)| name == Head::DECISION_MAKER)
        {
            let number = self.mechanism.number().to_owned();
            head.tags.push((Head::DECISION_MAKER.to_owned(), number));
        }
        if let Some(rate) = self.rate {
            set(head, RATE, printed_rate(rate));
            let kept = self.priority > 0;
            ot::add(&mut head.tracestate, head.trace_id, rate, kept);
        }
    }

    /// Tags the trace's first span with the rates, for the backend.
    pub(crate) fn mark(&self, first: &mut Span) {
        let name = match self.mechanism {
            Mechanism::Agent => "_dd.agent_psr",
            _ => "_dd.rule_psr",
        };
        if let Some(rate) = self.rate {
            first.tags.set_number(name, rate);
        }
        if let Some(share) = self.limit {
            first.tags.set_number("_dd.limit_psr", share);
        }
    }
}

/// Replaces any decision with the function's own. `replaced` is the one that was made here before.
pub(crate) fn overrule(head: &mut Head, verdict: Verdict, replaced: Option<&Decision>) {
    if replaced.is_some() {
        head.tags.retain(|(name, _)| name != RATE);
    }
    set(head, Head::DECISION_MAKER, MANUAL.to_owned());
    head.priority = match verdict {
        Verdict::Drop => USER_DROP,
        Verdict::Keep => {
            ot::forget_threshold(&mut head.tracestate);
            USER_KEEP
        }
    };
}

const RATE: &str = "_dd.p.ksr";

/// Sets a tag of the trace, replacing any value it had.
fn set(head: &mut Head, name: &str, value: String) {
    match head.tags.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => head.tags.push((name.to_owned(), value)),
    }
}

/// Formats a rate with up to six decimals.
fn printed_rate(rate: f64) -> String {
    let millionths = (rate * 1e6).round() as u64;
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether the rate keeps this id. Every process decides the same.
fn keeps(id: u64, rate: f64) -> bool {
    rate >= 1.0 || rate > 0.0 && hash(id) <= (rate * u64::MAX as f64) as u64
}

fn hash(id: u64) -> u64 {
    id.wrapping_mul(1_111_111_111_111_111_111)
}
