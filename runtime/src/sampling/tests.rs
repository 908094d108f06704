//! Tests every case of `fixtures/vectors.json`, and what has no case there.
//!
//! A case has settings and a span, and the decision; or a trace id and the rates that keep it; or a rate and its
//! formatted text.

use super::*;
use serde_json::Value;

fn config(variables: &[(&str, &str)]) -> Config {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    Config::read(
        |name| find(name).map(|(_, value)| (*value).to_owned()),
        false,
    )
}

/// Decides about a new trace as an invocation does.
fn decided(config: &Config, rates: Option<&Rates>, trace_id: u64, span: &mut Span) -> Head {
    let mut head = Head {
        trace_id: trace_id.into(),
        ..Head::default()
    };
    let now = Instant::now();
    let limiter = limiter(config, now);
    match span.verdict {
        Some(verdict) => overrule(&mut head, verdict, None),
        None => {
            let by = Sampler {
                config,
                rates,
                limiter: limiter.as_ref(),
            };
            let decision = by.decide(trace_id, span, now);
            decision.apply(&mut head);
            decision.mark(span);
        }
    }
    head
}

fn tag<'h>(head: &'h Head, name: &str) -> Option<&'h str> {
    let found = head.tags.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn every_vector_passes() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/vectors.json")).unwrap();
    for case in &cases {
        if let Some(ksr) = case.get("ksr") {
            assert_eq!(printed_rate(case["rate"].as_f64().unwrap()), *ksr, "{case}");
        } else if let Some(kept) = case.get("kept") {
            check_rates(case, kept);
        } else {
            check_decision(case);
        }
    }
    assert_eq!(cases.len(), 54);
}

fn check_rates(case: &Value, kept: &Value) {
    let trace_id: u64 = case["trace_id"].as_str().unwrap().parse().unwrap();
    for (rate, kept) in kept.as_object().unwrap() {
        let rate = rate.parse().unwrap();
        assert_eq!(keeps(trace_id, rate), *kept, "{case} {rate}");
    }
    let mut state = None;
    ot::add(&mut state, trace_id.into(), 1.0, true);
    let member = format!("ot=rv:{};th:0", case["rv"].as_str().unwrap());
    assert_eq!(state, Some(member));
}

fn check_decision(case: &Value) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let variables: Vec<(&str, &str)> = pairs(&case["env"])
        .map(|(name, value)| (name, value.as_str().unwrap()))
        .collect();
    let told = &case["span"];
    let mut span = Span::new(text(&told["name"]).unwrap(), 0, 0);
    span.service = text(&told["service"]).map(Cow::Owned);
    span.resource = text(&told["resource"]).map(Cow::Owned);
    for (name, value) in pairs(&told["meta"]) {
        span.set_tag(name, value.as_str().unwrap());
    }
    for (name, value) in pairs(&told["metrics"]) {
        span.set_metric(name, value.as_f64().unwrap());
    }
    let trace_id = text(&told["trace_id_low_dec"]).map_or(7, |id| id.parse().unwrap());
    let head = decided(&config(&variables), None, trace_id, &mut span);
    let expect = &case["expect"];
    if let Some(priority) = expect["priority"].as_i64() {
        assert_eq!(i64::from(head.priority), priority, "{case}");
    }
    for (name, value) in pairs(&expect["metrics"]) {
        assert_eq!(span.tags.number(name), value.as_f64(), "{case} {name}");
    }
    for (name, value) in pairs(&expect["tags"]) {
        assert_eq!(tag(&head, name), value.as_str(), "{case} {name}");
    }
    if let Some(ot) = expect["ot"].as_str() {
        assert_eq!(head.tracestate, Some(format!("ot={ot}")), "{case}");
    }
}

fn pairs(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

/// Priority, `_dd.p.dm`, `_dd.p.ksr` and the three rates of the first span.
type Told = (i32, Option<String>, Option<String>, [Option<f64>; 3]);

fn told(variables: &[(&str, &str)], rates: &str) -> Told {
    let rates = Rates::read(rates.as_bytes());
    let mut span = Span::new("aws.lambda", 0, 0);
    let head = decided(&config(variables), rates.as_ref(), 7, &mut span);
    let numbers = ["_dd.rule_psr", "_dd.agent_psr", "_dd.limit_psr"];
    let text = |name| tag(&head, name).map(str::to_owned);
    (
        head.priority,
        text(Head::DECISION_MAKER),
        text(RATE),
        numbers.map(|name| span.tags.number(name)),
    )
}

fn expected(priority: i32, mechanism: &str, rate: Option<&str>, numbers: [Option<f64>; 3]) -> Told {
    let mechanism = Some(mechanism.to_owned());
    (priority, mechanism, rate.map(str::to_owned), numbers)
}

#[test]
fn each_mechanism_has_its_number() {
    let of = |provenance: &str| {
        let rules = format!(r#"[{{"sample_rate": 1, "provenance": "{provenance}"}}]"#);
        told(&[("DD_TRACE_SAMPLING_RULES", &rules)], "")
    };
    let by_rule = |dm| expected(2, dm, Some("1"), [Some(1.0), None, Some(1.0)]);
    assert_eq!(told(&[], ""), expected(1, "-0", None, [None; 3]));
    assert_eq!(of("local"), by_rule("-3"));
    assert_eq!(of("customer"), by_rule("-11"));
    assert_eq!(of("dynamic"), by_rule("-12"));
    assert_eq!(told(&[("DD_TRACE_SAMPLE_RATE", "1")], ""), by_rule("-3"));
}

#[test]
fn the_agent_decides_where_no_rule_does() {
    let name = ("AWS_LAMBDA_FUNCTION_NAME", "Orders");
    let rates = r#"{"rate_by_service": {"service:orders,env:prod": 0, "service:,env:": 0.5}}"#;
    let dropped = expected(0, "-1", Some("0"), [None, Some(0.0), None]);
    assert_eq!(told(&[name, ("DD_ENV", "prod")], rates), dropped);
    // The hash of 7 is below one half.
    let kept = expected(1, "-1", Some("0.5"), [None, Some(0.5), None]);
    assert_eq!(told(&[name], rates), kept);
    let other = r#"{"rate_by_service": {"service:payments,env:": 0}}"#;
    let default = expected(1, "-0", None, [None; 3]);
    assert_eq!(told(&[name], other), default);
    let rule = ("DD_TRACE_SAMPLE_RATE", "0");
    let by_rule = expected(-1, "-3", Some("0"), [Some(0.0), None, None]);
    assert_eq!(told(&[name, rule], rates), by_rule);
}

#[test]
fn the_limit_is_for_what_rules_keep() {
    let all = ("DD_TRACE_SAMPLE_RATE", "1");
    let of = |limit| told(&[all, ("DD_TRACE_RATE_LIMIT", limit)], "");
    let numbers = |limit| [Some(1.0), None, limit];
    let kept = |limit| expected(2, "-3", Some("1"), numbers(limit));
    assert_eq!(of("1"), kept(Some(1.0)));
    assert_eq!(of("-1"), kept(None));
    assert_eq!(of("0"), expected(-1, "-3", Some("1"), numbers(Some(0.0))));
    // Without a rule there is no limit.
    let default = expected(1, "-0", None, [None; 3]);
    assert_eq!(told(&[("DD_TRACE_RATE_LIMIT", "0")], ""), default);
}

#[test]
fn the_function_itself_overrules_everybody() {
    let mut head = Head {
        priority: -1,
        tags: vec![(RATE.to_owned(), "0.50".to_owned())],
        ..Head::default()
    };
    overrule(&mut head, Verdict::Keep, None);
    assert_eq!(
        (head.priority, tag(&head, Head::DECISION_MAKER)),
        (2, Some("-4"))
    );
    // What was propagated before still is.
    assert_eq!(tag(&head, RATE), Some("0.50"));
    overrule(&mut head, Verdict::Drop, Some(&DEFAULT));
    assert_eq!(
        (head.priority, tag(&head, Head::DECISION_MAKER)),
        (-1, Some("-4"))
    );
    assert_eq!(tag(&head, RATE), None);
}

#[test]
fn a_mechanism_that_is_known_is_kept() {
    let mut head = Head {
        tags: vec![(Head::DECISION_MAKER.to_owned(), "-5".to_owned())],
        ..Head::default()
    };
    DEFAULT.apply(&mut head);
    assert_eq!(
        (head.priority, tag(&head, Head::DECISION_MAKER)),
        (1, Some("-5"))
    );
}
