//! Matches sampling rules with spans.

use crate::config::{Config, SamplingRule, SpanRule};
use crate::export;
use crate::span::Span;

/// Whether a rule applies to a trace that begins with this span: all that it specifies must match.
pub(super) fn is_for(rule: &SamplingRule, span: &Span, config: &Config) -> bool {
    let resource = span.resource.as_deref().unwrap_or(&span.name);
    matches(&rule.service, service(span, config))
        && matches(&rule.name, &span.name)
        && matches(&rule.resource, resource)
        && rule
            .tags
            .iter()
            .all(|(name, pattern)| tag_matches(span, config, name, pattern))
}

/// Whether a rule applies to this span.
pub(super) fn is_for_span(rule: &SpanRule, span: &Span, config: &Config) -> bool {
    matches(&rule.service, service(span, config)) && matches(&rule.name, &span.name)
}

pub(super) fn service<'a>(span: &'a Span, config: &'a Config) -> &'a str {
    span.service.as_deref().unwrap_or_else(|| config.service())
}

fn matches(pattern: &Option<String>, text: &str) -> bool {
    pattern.as_deref().is_none_or(|pattern| glob(pattern, text))
}

fn tag_matches(span: &Span, config: &Config, name: &str, pattern: &str) -> bool {
    let is_it = |(known, _): &(&str, _)| *known == name;
    if let Some((_, text)) = span.tags.texts().find(is_it) {
        return glob(pattern, text);
    }
    if let Some((_, number)) = span.tags.numbers().find(|(known, _)| *known == name) {
        return number_matches(pattern, number);
    }
    let mut found = false;
    let mut look = |known: &str, text: &str| found |= known == name && glob(pattern, text);
    export::common_tags(span, config, &mut look);
    export::service_tags(span, config, &mut look);
    found
}

/// An integer matches by its digits. The digits of any other number are uncertain, so it only matches a pattern of
/// nothing but wildcards.
fn number_matches(pattern: &str, number: f64) -> bool {
    let is_open = pattern.bytes().all(|byte| matches!(byte, b'*' | b'?'));
    (number.fract() == 0.0 || is_open) && glob(pattern, &number.to_string())
}

/// Whether all of `text` matches, ignoring case: `*` matches any characters, `?` any single one.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // The pattern after the last asterisk, and the text that this has not consumed: where to continue if the rest does
    // not match.
    let mut back = None;
    loop {
        let left = text.clone();
        let matched = match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = left;
                back = Some((pattern.clone(), text.clone()));
                true
            }
            (Some(_), None) => return false,
            (Some(one), Some(other)) => one == '?' || same(one, other),
            (None, Some(_)) => false,
        };
        if !matched {
            let Some((rest, left)) = &mut back else {
                return false;
            };
            // The asterisk consumes one more character.
            left.next();
            (pattern, text) = (rest.clone(), left.clone());
        }
    }
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_for_the_whole_text() {
        for (pattern, matching, other) in [
            ("web", &["web", "WEB"][..], &["", "webs", "a web"][..]),
            ("", &[""], &["a"]),
            ("*", &["", "anything"], &[]),
            ("**", &["", "anything"], &[]),
            ("?", &["a", "é"], &["", "ab"]),
            ("w?b*", &["web", "wab.server"], &["wb", "a web"]),
            ("*.prod", &["a.prod", "a.prod.prod"], &["a.prod.", "prod"]),
            ("a*b*c", &["abc", "a-b-b-c-c"], &["acb", "ab", "abcd"]),
            ("*ab?", &["aababc"], &["aabab"]),
            ("É*", &["école"], &["ecole"]),
            ("[abc]", &["[abc]", "[ABC]"], &["a"]),
            ("a.c", &["a.c"], &["abc"]),
        ] {
            for text in matching {
                assert!(glob(pattern, text), "{pattern} {text}");
            }
            for text in other {
                assert!(!glob(pattern, text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn a_glob_takes_no_time_that_its_author_can_blow_up() {
        let text = "a".repeat(5_000);
        assert!(!glob("*a*a*a*a*a*a*a*a*a*a*b", &text));
    }

    #[test]
    fn numbers_match_by_their_digits() {
        assert!(number_matches("20", 20.0) && number_matches("2?", 20.0));
        assert!(number_matches("-*", -5.0) && number_matches("1000000000000", 1e12));
        assert!(!number_matches("20", 20.1) && !number_matches("20*", 20.1));
        assert!(number_matches("*", -0.5) && number_matches("?*", -0.5));
    }

    #[test]
    fn tags_of_the_whole_function_are_tags_too() {
        let variables = |name: &str| (name == "DD_ENV").then(|| "prod-eu".to_owned());
        let config = Config::read(variables, false);
        let mut span = Span::new("aws.lambda", 0, 0);
        assert!(tag_matches(&span, &config, "env", "prod*"));
        assert!(!tag_matches(&span, &config, "Env", "prod*"));
        span.tags.set("env", "test");
        assert!(!tag_matches(&span, &config, "env", "prod*"));
        assert!(!tag_matches(&span, &config, "team", "*"));
    }
}
