//! Metrics: distributions that the extension takes by DogStatsD, or the Datadog Forwarder from the log.

use std::io::Write;
use std::time::SystemTime;

use crate::config::{Config, Metrics};
use crate::span::unix_nanos;
use crate::udp;

/// The most that DogStatsD servers take in one datagram.
const MAX_LENGTH: usize = 8_000;
/// Longer names and tags are cut, as they are when they arrive.
const MAX_NAME: usize = 200;

/// Sends a value of a distribution, such as the price of an order, to be aggregated over all invocations and sandboxes.
///
/// Tags are `name:value`. What is not allowed in a name or a tag becomes `_`; tags beyond 8 KB in all are left out. A value
/// that is not finite is ignored.
///
/// With the Datadog Lambda Extension the value goes there, or to the DogStatsD server that `DD_DOGSTATSD_URL` names;
/// otherwise it is one line of the log, for the Datadog Forwarder. This never waits for an answer, and never fails. It
/// works outside of an invocation, too.
///
/// ```
/// let kind = "tea";
/// ddlambda::metric("shop.orders", 1, &[]);
/// ddlambda::metric("shop.order.price", 12.5, &["currency:eur", &format!("kind:{kind}")]);
/// ```
pub fn metric(name: &str, value: impl Into<f64>, tags: &[&str]) {
    send(name, value.into(), tags);
}

/// Sends a value to where metrics go.
pub(crate) fn send(name: &str, value: f64, tags: &[&str]) {
    let name = clean(name, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
    });
    if name.is_empty() || !value.is_finite() {
        return;
    }
    let allowed = |c: char| c.is_alphanumeric() || "_-:/.".contains(c);
    let tags = tags.iter().map(|tag| clean(tag, allowed));
    let tags = &mut tags.filter(|tag| !tag.is_empty());
    let value = number(value);
    match Config::get().metrics {
        Metrics::DogStatsD(server) => {
            let line = datagram(&name, &value, tags);
            udp::send(line.as_bytes(), server);
        }
        Metrics::Log => {
            let seconds = unix_nanos(SystemTime::now()) / 1_000_000_000;
            let line = log_line(&name, &value, seconds, tags);
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }
}

/// `text` with `_` for everything that is not allowed.
fn clean(text: &str, allowed: impl Fn(char) -> bool) -> String {
    let chars = text.chars().take(MAX_NAME);
    chars.map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// A number as others write it: an integer without a fraction.
fn number(value: f64) -> String {
    match value as i64 {
        integer if integer as f64 == value => integer.to_string(),
        _ => serde_json::to_string(&value).unwrap_or_default(),
    }
}

fn datagram(name: &str, value: &str, tags: &mut dyn Iterator<Item = String>) -> String {
    let mut line = format!("{name}:{value}|d");
    append(&mut line, tags, ["|#", ",", ""]);
    line
}

/// Clean names and tags have nothing that JSON escapes.
fn log_line(
    name: &str,
    value: &str,
    seconds: u64,
    tags: &mut dyn Iterator<Item = String>,
) -> String {
    let mut line = format!(r#"{{"m":"{name}","v":{value},"e":{seconds},"t":["#);
    append(&mut line, tags, ["\"", ",\"", "\""]);
    line + "]}\n"
}

/// Appends the tags that there is room for: what stands before the first, before the others, and behind each.
fn append(
    line: &mut String,
    tags: &mut dyn Iterator<Item = String>,
    [first, next, behind]: [&str; 3],
) {
    let mut before = first;
    for tag in tags {
        if line.len() + before.len() + tag.len() + behind.len() > MAX_LENGTH {
            return;
        }
        for part in [before, &tag, behind] {
            line.push_str(part);
        }
        before = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_others_write_them() {
        for (value, text) in [
            (2.0, "2"),
            (0.0, "0"),
            (-1.0, "-1"),
            (12.5, "12.5"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn one_value_is_one_line() {
        let tags = || ["a:b", "c:d"].into_iter().map(str::to_owned);
        assert_eq!(datagram("n", "2", &mut tags()), "n:2|d|#a:b,c:d");
        assert_eq!(datagram("n", "2", &mut std::iter::empty()), "n:2|d");
        let line = log_line("n", "2", 7, &mut tags());
        assert_eq!(
            line,
            "{\"m\":\"n\",\"v\":2,\"e\":7,\"t\":[\"a:b\",\"c:d\"]}\n"
        );
        let many = || std::iter::repeat_n("x".repeat(100), 1_000);
        assert!(datagram("n", "2", &mut many()).len() <= MAX_LENGTH);
        assert!(log_line("n", "2", 7, &mut many()).len() <= MAX_LENGTH + 3);
    }

    #[test]
    fn odd_text_cannot_end_a_line() {
        let tag = |c: char| c.is_alphanumeric() || "_-:/.".contains(c);
        assert_eq!(clean("größe:a b|#\n\"\\,", tag), "größe:a_b______");
        assert_eq!(clean(&"x".repeat(300), tag).len(), MAX_NAME);
    }
}
