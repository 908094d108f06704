//! The sampling settings: JSON rules.

use serde::de::IgnoredAny;

use crate::json::Json;

/// A rule of `DD_TRACE_SAMPLING_RULES`. The patterns are globs; a missing one matches everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SamplingRule {
    pub(crate) service: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) resource: Option<String>,
    /// Tag names, each with a pattern for the value.
    pub(crate) tags: Vec<(String, String)>,
    /// The share of traces to keep, from 0 to 1.
    pub(crate) rate: f64,
    pub(crate) provenance: Provenance,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// The function's own settings.
    #[default]
    Local,
    /// A user, in Datadog.
    Customer,
    /// Datadog.
    Dynamic,
}

/// A rule of `DD_SPAN_SAMPLING_RULES`; its patterns are the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SpanRule {
    pub(crate) service: Option<String>,
    pub(crate) name: Option<String>,
    /// The share of spans to keep, from 0 to 1.
    pub(crate) rate: f64,
    /// The most spans to keep per second; `None` for no limit.
    pub(crate) max_per_second: Option<f64>,
}

/// Reads `DD_TRACE_SAMPLING_RULES`; the error says what is expected.
pub(super) fn trace_rules(text: &str) -> Result<Vec<SamplingRule>, String> {
    rules(text, |rule| {
        let rate = rate(rule.get("sample_rate").and_then(|rate| rate.as_f64()));
        Ok(SamplingRule {
            service: pattern(rule, "service")?,
            name: pattern(rule, "name")?,
            resource: pattern(rule, "resource")?,
            tags: tags(rule)?,
            rate: rate.ok_or("has no `sample_rate` from 0 to 1")?,
            provenance: match rule.get("provenance").and_then(|by| by.as_str()).as_deref() {
                Some("customer") => Provenance::Customer,
                Some("dynamic") => Provenance::Dynamic,
                _ => Provenance::Local,
            },
        })
    })
}

/// Reads `DD_SPAN_SAMPLING_RULES`; the error says what is expected.
pub(super) fn span_rules(text: &str) -> Result<Vec<SpanRule>, String> {
    rules(text, |rule| {
        let share = given(rule, "sample_rate").map_or(Some(1.0), |rate| rate.as_f64());
        let limit = given(rule, "max_per_second").map(|limit| limit.as_f64());
        Ok(SpanRule {
            service: pattern(rule, "service")?,
            name: pattern(rule, "name")?,
            rate: rate(share).ok_or("has a `sample_rate` that is not from 0 to 1")?,
            max_per_second: match limit {
                Some(Some(limit)) if limit >= 0.0 => Some(limit),
                Some(_) => return Err("has a `max_per_second` that is not a number"),
                None => None,
            },
        })
    })
}

/// A rate, if it is in range.
pub(super) fn rate(number: Option<f64>) -> Option<f64> {
    number.filter(|rate| (0.0..=1.0).contains(rate))
}

fn rules<T>(
    text: &str,
    read: impl Fn(Json<'_>) -> Result<T, &'static str>,
) -> Result<Vec<T>, String> {
    // The lazy view does not notice errors beyond what it reads.
    let is_json = serde_json::from_slice::<IgnoredAny>(text.as_bytes()).is_ok();
    let list = Json::new(text.as_bytes());
    if !is_json || !list.is_array() {
        return Err("a JSON list of rules".to_owned());
    }
    let read = |(at, rule): (usize, Json<'_>)| {
        let rule = match rule.is_object() {
            true => read(rule),
            false => Err("is not an object"),
        };
        rule.map_err(|what| format!("a list of rules: number {} {what}", at + 1))
    };
    list.items().enumerate().map(read).collect()
}

fn pattern(rule: Json<'_>, name: &str) -> Result<Option<String>, &'static str> {
    let Some(pattern) = given(rule, name) else {
        return Ok(None);
    };
    let text = pattern.as_text().ok_or("has a pattern that is not text")?;
    Ok(Some(text.into_owned()))
}

fn tags(rule: Json<'_>) -> Result<Vec<(String, String)>, &'static str> {
    let Some(tags) = given(rule, "tags") else {
        return Ok(Vec::new());
    };
    if !tags.is_object() {
        return Err("has `tags` that are not an object");
    }
    let pattern = |(name, pattern): (std::borrow::Cow<'_, str>, Json<'_>)| {
        let text = pattern.as_text().ok_or("has a pattern that is not text")?;
        Ok((name.into_owned(), text.into_owned()))
    };
    tags.members().map(pattern).collect()
}

/// A member that is present and not null.
fn given<'a>(rule: Json<'a>, name: &str) -> Option<Json<'a>> {
    rule.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_what_it_is_for() {
        let text = r#"[
            {"service": "shop*", "name": null, "resource": "GET /?", "tags": {"tier": 1}, "sample_rate": 0.5},
            {"sample_rate": 1, "provenance": "customer"}
        ]"#;
        let shop = SamplingRule {
            service: Some("shop*".to_owned()),
            resource: Some("GET /?".to_owned()),
            tags: vec![("tier".to_owned(), "1".to_owned())],
            rate: 0.5,
            ..SamplingRule::default()
        };
        let all = SamplingRule {
            rate: 1.0,
            provenance: Provenance::Customer,
            ..SamplingRule::default()
        };
        assert_eq!(trace_rules(text), Ok(vec![shop, all]));
        assert_eq!(trace_rules("[]"), Ok(vec![]));
    }

    #[test]
    fn a_rule_for_spans_keeps_all_unless_told_otherwise() {
        let rules = span_rules(r#"[{}, {"name": "a", "sample_rate": 0, "max_per_second": 2.5}]"#);
        let rules = rules.unwrap();
        assert_eq!((rules[0].rate, rules[0].max_per_second), (1.0, None));
        assert_eq!((rules[1].rate, rules[1].max_per_second), (0.0, Some(2.5)));
    }

    #[test]
    fn the_rule_that_is_wrong_is_named() {
        let wrong = |what: &str| Err(format!("a list of rules: number 2 {what}"));
        for (rule, what) in [
            ("7", "is not an object"),
            ("{}", "has no `sample_rate` from 0 to 1"),
            (
                r#"{"sample_rate": 1.5}"#,
                "has no `sample_rate` from 0 to 1",
            ),
            (
                r#"{"sample_rate": 1, "name": {}}"#,
                "has a pattern that is not text",
            ),
            (
                r#"{"sample_rate": 1, "tags": []}"#,
                "has `tags` that are not an object",
            ),
        ] {
            let text = format!(r#"[{{"sample_rate": 1}}, {rule}]"#);
            assert_eq!(trace_rules(&text), wrong(what));
        }
        let limit = r#"[{}, {"max_per_second": "many"}]"#;
        let what = "has a `max_per_second` that is not a number";
        assert_eq!(span_rules(limit).map(|_| Vec::new()), wrong(what));
        for text in ["{}", "0.5", "[", r#"[{"sample_rate": 1}"#] {
            assert_eq!(trace_rules(text), Err("a JSON list of rules".to_owned()));
        }
    }
}
