//! Single spans that are kept even though their trace is dropped.

use std::sync::OnceLock;
use std::time::Instant;

use super::limiter::Limiter;
use super::{keeps, rules};
use crate::config::{Config, SpanRule};
use crate::span::{Chunk, Span};

/// The mechanism of the decision, numbered as in `_dd.p.dm`.
const SINGLE_SPAN: f64 = 8.0;

/// Marks the spans to keep in a trace that is dropped.
pub(crate) fn mark(chunk: &mut Chunk) {
    static LIMITS: OnceLock<Limits> = OnceLock::new();
    let config = Config::get();
    if config.span_sampling_rules.is_empty() || chunk.head.priority > 0 {
        return;
    }
    let now = Instant::now();
    let limits = LIMITS.get_or_init(|| Limits::of(&config.span_sampling_rules, now));
    for span in &mut chunk.spans {
        limits.mark(span, config, now);
    }
}

/// The limit of each rule, if it has one.
struct Limits(Vec<Option<Limiter>>);

impl Limits {
    fn of(rules: &[SpanRule], now: Instant) -> Self {
        let limit = |rule: &SpanRule| Some(Limiter::new(rule.max_per_second?, now));
        Self(rules.iter().map(limit).collect())
    }

    /// Applies the first rule that matches the span.
    fn mark(&self, span: &mut Span, config: &Config, now: Instant) {
        let rules = config.span_sampling_rules.iter().zip(&self.0);
        let mut rules = rules.filter(|(rule, _)| rules::is_for_span(rule, span, config));
        let Some((rule, limiter)) = rules.next() else {
            return;
        };
        let is_allowed = |limiter: &Limiter| limiter.allow(now).0;
        if !keeps(span.id, rule.rate) || !limiter.as_ref().is_none_or(is_allowed) {
            return;
        }
        let tags = &mut span.tags;
        tags.set_number("_dd.span_sampling.mechanism", SINGLE_SPAN);
        tags.set_number("_dd.span_sampling.rule_rate", rule.rate);
        if let Some(limit) = rule.max_per_second {
            tags.set_number("_dd.span_sampling.max_per_second", limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_for_a_span_decides() {
        let rules = r#"[
            {"name": "lost", "sample_rate": 0},
            {"name": "few", "max_per_second": 2},
            {"service": "SHOP", "name": "*"}
        ]"#;
        let variables = |name: &str| (name == "DD_SPAN_SAMPLING_RULES").then(|| rules.to_owned());
        let config = Config::read(variables, false);
        let now = Instant::now();
        let limits = Limits::of(&config.span_sampling_rules, now);
        let marks = |name: &'static str| {
            let mut span = Span::new(name, 0, 0);
            span.service = Some("shop".into());
            limits.mark(&mut span, &config, now);
            ["mechanism", "rule_rate", "max_per_second"]
                .map(|name| span.tags.number(&format!("_dd.span_sampling.{name}")))
        };
        assert_eq!(marks("lost"), [None; 3]);
        assert_eq!(marks("any"), [Some(8.0), Some(1.0), None]);
        assert_eq!(marks("few"), [Some(8.0), Some(1.0), Some(2.0)]);
        assert_eq!(marks("few"), [Some(8.0), Some(1.0), Some(2.0)]);
        assert_eq!(marks("few"), [None; 3]);
    }
}
