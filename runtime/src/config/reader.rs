//! Reading the values of variables. An invalid value is reported, and the default used.

use std::fmt::Display;
use std::time::Duration;

use super::sampling::{self, SamplingRule, SpanRule};

/// Reads variables and collects problems.
pub(super) struct Reader<F> {
    variable: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn new(variable: F) -> Self {
        Self {
            variable,
            problems: Vec::new(),
        }
    }

    /// The problems found, one line each.
    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// The unchanged value.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// The trimmed value; blank counts as unset.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(value) = self.text(name) else {
            return default;
        };
        match value.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                self.problem(name, &value, "`true` or `false`", Some(&default));
                default
            }
        }
    }

    /// Reports any value other than the only supported one.
    #[cfg(feature = "otlp")]
    pub(super) fn only(&mut self, name: &str, known: &str) {
        if let Some(other) = self.text(name).filter(|value| value != known) {
            self.problem(name, &other, &format!("`{known}`"), Some(&known));
        }
    }

    /// Whether a version is `v1`, not `v0`.
    #[cfg(any(
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    pub(super) fn schema_v1(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("v0") => false,
            Some("v1") => true,
            Some(other) => {
                let other = other.to_owned();
                self.problem(name, &other, "`v0` or `v1`", Some(&"v0"));
                false
            }
        }
    }

    pub(super) fn seconds(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.text(name) else {
            return default;
        };
        // Parsed with serde_json, which is linked anyway: the standard library's parser adds 10 KB of tables.
        let parsed = serde_json::from_slice::<f64>(value.as_bytes())
            .ok()
            .filter(|seconds| *seconds > 0.0);
        match parsed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(duration) => duration,
            None => {
                self.problem(
                    name,
                    &value,
                    "a number of seconds",
                    Some(&default.as_secs()),
                );
                default
            }
        }
    }

    pub(super) fn milliseconds(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.text(name) else {
            return default;
        };
        match value.parse() {
            Ok(milliseconds) => Duration::from_millis(milliseconds),
            Err(_) => {
                self.problem(
                    name,
                    &value,
                    "a number of milliseconds",
                    Some(&default.as_millis()),
                );
                default
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, default: usize) -> usize {
        let Some(value) = self.text(name) else {
            return default;
        };
        value.parse().unwrap_or_else(|_| {
            self.problem(name, &value, "a number", Some(&default));
            default
        })
    }

    pub(super) fn sampling_rules(&mut self) -> Vec<SamplingRule> {
        const RATE: &str = "DD_TRACE_SAMPLE_RATE";
        let mut rules = self.rules("DD_TRACE_SAMPLING_RULES", sampling::trace_rules);
        if let Some(value) = self.text(RATE) {
            match sampling::rate(serde_json::from_slice(value.as_bytes()).ok()) {
                Some(rate) => rules.push(SamplingRule {
                    rate,
                    ..SamplingRule::default()
                }),
                None => self.problem(RATE, &value, "a number from 0 to 1", None),
            }
        }
        rules
    }

    pub(super) fn span_sampling_rules(&mut self) -> Vec<SpanRule> {
        const RULES: &str = "DD_SPAN_SAMPLING_RULES";
        const FILE: &str = "DD_SPAN_SAMPLING_RULES_FILE";
        let Some(path) = self.text(FILE).filter(|_| self.text(RULES).is_none()) else {
            return self.rules(RULES, sampling::span_rules);
        };
        let read = std::fs::read_to_string(&path);
        let read = read.map_err(|error| format!("a file that can be read ({error})"));
        let rules = read.and_then(|text| {
            let rules = sampling::span_rules(&text);
            rules.map_err(|expected| format!("a file with {expected}"))
        });
        rules.unwrap_or_else(|expected| {
            self.problem(FILE, &path, &expected, None);
            Vec::new()
        })
    }

    fn rules<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<Vec<T>, String>) -> Vec<T> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        read(&text).unwrap_or_else(|expected| {
            self.problem(name, &text, &expected, None);
            Vec::new()
        })
    }

    /// A rate per second; negative for no limit.
    pub(super) fn rate_limit(&mut self, name: &str, default: i32) -> f64 {
        let Some(value) = self.text(name) else {
            return default.into();
        };
        let parsed = value.parse().unwrap_or_else(|_| {
            self.problem(name, &value, "a number", Some(&default));
            default
        });
        parsed.into()
    }

    /// The trimmed parts between commas, without blank ones; `None` if the variable is not set.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let text = (self.variable)(name)?;
        Some(parts(&text, ',').map(str::to_owned).collect())
    }

    /// `key:value` pairs, separated by commas, or by spaces if there is no comma.
    pub(super) fn pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        let separator = if text.contains(',') { ',' } else { ' ' };
        let mut pairs = Vec::new();
        for part in parts(&text, separator) {
            match part.split_once(':') {
                Some((key, value)) if !key.trim().is_empty() => put(&mut pairs, key, value),
                _ => self.problem(name, part, "`key:value`", None),
            }
        }
        pairs
    }

    /// `from:to` pairs, separated by commas. Pairs without exactly one colon, with an empty side or with two equal sides are
    /// ignored.
    pub(super) fn mapping(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for part in parts(&text, ',') {
            let sides = part.split_once(':').filter(|(_, to)| !to.contains(':'));
            match sides.map(|(from, to)| (from.trim(), to.trim())) {
                Some((from, to)) if from == to && !from.is_empty() => {}
                Some((from, to)) if !from.is_empty() && !to.is_empty() => {
                    put(&mut pairs, from, to);
                }
                _ => self.problem(name, part, "`from:to`", None),
            }
        }
        pairs
    }

    /// Reports an invalid value, and what is used instead, if anything is.
    pub(super) fn problem(
        &mut self,
        name: &str,
        value: &str,
        expected: &str,
        default: Option<&dyn Display>,
    ) {
        let instead = default.map_or_else(
            || "without it".to_owned(),
            |default| format!("with `{default}`"),
        );
        self.problems.push(format!(
            "{name}=`{value}` is not {expected}; going on {instead}"
        ));
    }
}

/// The trimmed parts of a text, without blank ones.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let parts = text.split(separator).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

/// Appends a pair, or replaces the value of the same key.
fn put(pairs: &mut Vec<(String, String)>, key: &str, value: &str) {
    let (key, value) = (key.trim(), value.trim().to_owned());
    match pairs.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value,
        None => pairs.push((key.to_owned(), value)),
    }
}

/// Decodes percent-encoding.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                &after[2..]
            }
            None => {
                bytes.push(*first);
                after
            }
        };
    }
    bytes
}
