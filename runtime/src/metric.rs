//! Metrics: distributions, sent to the extension by DogStatsD or written to the log for the Datadog Forwarder.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::SystemTime;

use crate::config::{Config, Metrics};
use crate::plain::{plain, Plain};
use crate::span::unix_nanos;
use crate::udp;

/// The longest datagram that DogStatsD servers accept, in bytes.
const MAX_LENGTH: usize = 8_000;
/// Longer names and tags are cut, as Datadog does on arrival.
const MAX_NAME: usize = 200;

/// Sends a value of a distribution metric, such as the price of an order.
///
/// Datadog aggregates the values over all invocations and sandboxes. Tags are `name:value`. Characters that are not
/// allowed in a name or a tag become `_`, and both are cut to 200 characters; tags beyond 8 KB in all are omitted. An
/// empty name or a value that is not finite is ignored.
///
/// The value goes to the DogStatsD server in `DD_DOGSTATSD_URL`, otherwise to the Datadog Lambda Extension, or outside
/// Lambda to `127.0.0.1:8125`. A function without an extension writes it to standard output as a log line for the Datadog
/// Forwarder. The call neither waits for a response nor fails, and also works outside an invocation.
///
/// ```
/// let (kind, lines) = ("tea", ["black", "green"]);
/// ddlambda::metric("shop.orders", 1, &[]);
/// ddlambda::metric("shop.order.lines", lines.len(), &[]);
/// ddlambda::metric("shop.order.price", 12.5, &["currency:eur", &format!("kind:{kind}")]);
/// ```
pub fn metric(name: &str, value: impl MetricValue, tags: &[&str]) {
    let mut tags = tags.iter();
    send(name, value.number(), &mut || Some([tags.next()?, ""]));
}

/// A number that [`metric`] and [`set_metric`](crate::set_metric) accept: integers of up to 64 bits, floats, and `bool` as
/// 0 or 1.
///
/// It is sent to Datadog as an `f64`: integers beyond 2⁵³ are rounded to the nearest one that an `f64` can represent. This
/// trait is sealed: no other types implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the value of a metric",
    note = "values of metrics are integers of up to 64 bits, `f32`, `f64` and `bool`"
)]
pub trait MetricValue: sealed::Number {}

impl<T: sealed::Number> MetricValue for T {}

mod sealed {
    pub trait Number {
        fn number(self) -> f64;
    }

    macro_rules! numbers {
        ($($type:ty)*) => {
            $(impl Number for $type {
                fn number(self) -> f64 {
                    self as f64
                }
            })*
        };
    }

    numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);

    impl Number for bool {
        fn number(self) -> f64 {
            u8::from(self).into()
        }
    }
}

/// A tag in two parts, which are concatenated. If both are empty, there is no tag.
type Tag<'a> = [&'a str; 2];

/// Sends a value with the tags that `tags` yields to the destination for metrics.
pub(crate) fn send<'t>(name: &str, value: f64, tags: &mut dyn FnMut() -> Option<Tag<'t>>) {
    let destination = Config::get().metrics;
    if let Some(line) = line(destination, name, value, tags) {
        match destination {
            Metrics::DogStatsD(server) => udp::send(line.as_bytes(), server),
            Metrics::Log => {
                let _ = std::io::stdout().lock().write_all(line.as_bytes());
            }
        }
    }
}

/// The line for a value. Cleaned names and tags contain nothing that JSON escapes.
fn line<'t>(
    destination: Metrics,
    name: &str,
    value: f64,
    tags: &mut dyn FnMut() -> Option<Tag<'t>>,
) -> Option<String> {
    if name.is_empty() || !value.is_finite() {
        return None;
    }
    let mut line = String::with_capacity(384);
    match destination {
        Metrics::DogStatsD(_) => {
            clean(&mut line, name, &NAMES);
            line.push(':');
            number(&mut line, value);
            line.push_str("|d");
            append(&mut line, tags, ["|#", ",", ""]);
        }
        Metrics::Log => {
            line.push_str(r#"{"m":""#);
            clean(&mut line, name, &NAMES);
            line.push_str(r#"","v":"#);
            number(&mut line, value);
            let seconds = unix_nanos(SystemTime::now()) / 1_000_000_000;
            let _ = write!(line, r#","e":{seconds},"t":["#);
            append(&mut line, tags, ["\"", ",\"", "\""]);
            line.push_str("]}\n");
        }
    }
    Some(line)
}

/// The characters allowed in a name or a tag: which ASCII ones, and whether other letters and digits are.
struct Allowed {
    ascii: Plain,
    others: bool,
}

const NAMES: Allowed = Allowed {
    ascii: plain(b"_."),
    others: false,
};
const TAGS: Allowed = Allowed {
    ascii: plain(b"_-:/."),
    others: true,
};

/// Appends `text`, with `_` in place of characters that are not allowed.
fn clean(line: &mut String, text: &str, allowed: &Allowed) {
    let in_ascii = |byte: u8| allowed.ascii[usize::from(byte)];
    if text.len() <= MAX_NAME && text.bytes().all(in_ascii) {
        return line.push_str(text);
    }
    let is_allowed = |c: char| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => in_ascii(byte),
        _ => allowed.others && c.is_alphanumeric(),
    };
    let chars = text.chars().take(MAX_NAME);
    line.extend(chars.map(|c| if is_allowed(c) { c } else { '_' }));
}

/// Appends a number; an integer is written without a fraction.
fn number(line: &mut String, value: f64) {
    match value as i64 {
        integer if integer as f64 == value => {
            let _ = write!(line, "{integer}");
        }
        _ => line.push_str(&serde_json::to_string(&value).unwrap_or_default()),
    }
}

/// Appends tags while there is room. The array holds what comes before the first tag, before each other one, and after each.
fn append<'t>(
    line: &mut String,
    tags: &mut dyn FnMut() -> Option<Tag<'t>>,
    [first, next, behind]: [&str; 3],
) {
    let mut before = first;
    while let Some(tag) = tags() {
        if tag == ["", ""] {
            continue;
        }
        let length = line.len();
        line.push_str(before);
        match tag[0].len() + tag[1].len() > MAX_NAME {
            true => clean(line, &tag.concat(), &TAGS),
            false => tag.into_iter().for_each(|part| clean(line, part, &TAGS)),
        }
        line.push_str(behind);
        if line.len() > MAX_LENGTH {
            line.truncate(length);
            return;
        }
        before = next;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

    use super::*;

    const STATSD: Metrics =
        Metrics::DogStatsD(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8125)));

    #[test]
    fn numbers_of_all_kinds_are_values() {
        fn number(value: impl MetricValue) -> f64 {
            value.number()
        }
        assert_eq!([number(1), number(-1), number(1.5)], [1.0, -1.0, 1.5]);
        assert_eq!([number(7_u8), number(7_u16), number(7_u32)], [7.0; 3]);
        assert_eq!([number(-7_i8), number(-7_i16), number(-7_i64)], [-7.0; 3]);
        assert_eq!([number([0; 3].len()), number(3_isize)], [3.0; 2]);
        assert_eq!([number(0.5_f32), number(0.5_f64)], [0.5; 2]);
        assert_eq!([number(true), number(false)], [1.0, 0.0]);
        assert_eq!(number((1_u64 << 53) + 1), 9_007_199_254_740_992.0);
        assert_eq!(number(u64::MAX), 18_446_744_073_709_551_616.0);
    }

    #[test]
    fn values_are_written_as_others_write_them() {
        for (value, text) in [
            (2.0, "2"),
            (0.0, "0"),
            (-1.0, "-1"),
            (12.5, "12.5"),
            (1e300, "1e+300"),
        ] {
            let line = line(STATSD, "n", value, &mut || None);
            assert_eq!(line.unwrap(), format!("n:{text}|d"));
        }
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(line(STATSD, "n", value, &mut || None), None);
        }
    }

    #[test]
    fn one_value_is_one_line() {
        let line = |destination, tags: &[&str]| {
            let mut tags = tags.iter();
            line(destination, "a.b", 2.0, &mut || Some([tags.next()?, ""])).unwrap()
        };
        assert_eq!(line(STATSD, &["a:b", "", "c:d"]), "a.b:2|d|#a:b,c:d");
        let logged = line(Metrics::Log, &["a:b", "c:d"]);
        let (before, after) = logged.split_at(22);
        assert_eq!(before, r#"{"m":"a.b","v":2,"e":1"#);
        assert_eq!(after[9..], *",\"t\":[\"a:b\",\"c:d\"]}\n");
        let many = "x".repeat(100);
        let many = vec![&*many; 1_000];
        assert!(line(STATSD, &many).len() <= MAX_LENGTH);
        assert!(line(Metrics::Log, &many).len() <= MAX_LENGTH + 3);
    }

    #[test]
    fn odd_text_cannot_end_a_line() {
        let tag = |text: &str| {
            let mut line = String::new();
            clean(&mut line, text, &TAGS);
            line
        };
        assert_eq!(tag("größe:a b|#\n\"\\,"), "größe:a_b______");
        assert_eq!(tag(&"x".repeat(300)).len(), MAX_NAME);
    }
}
