//! Parses times as AWS writes them.

use crate::json::Json;

/// Converts milliseconds, as a number or a string, to nanoseconds.
pub(super) fn nanos_of_millis(value: Json<'_>) -> Option<u64> {
    let millis: u64 = match value.as_text() {
        Some(text) => text.parse().ok()?,
        None => value.as_f64()? as u64,
    };
    // Times after the year 2262 cannot be sent.
    millis
        .checked_mul(1_000_000)
        .filter(|nanos| i64::try_from(*nanos).is_ok())
}

/// Converts seconds, with or without a fraction, as a number or a string, to nanoseconds.
pub(super) fn nanos_of_seconds(value: Json<'_>) -> Option<u64> {
    let seconds = match value.as_str() {
        Some(text) => Json::new(text.as_bytes()).as_f64()?,
        None => value.as_f64()?,
    };
    // A floating-point number is exact to the microsecond for present times; anything beyond that is noise.
    let micros = (seconds * 1e6).round();
    // Times after the year 2262 cannot be sent.
    let is_valid = (0.0..i64::MAX as f64 / 1e3).contains(&micros);
    is_valid.then(|| micros as u64 * 1_000)
}

/// Parses a UTC time such as `2025-01-01T00:00:00Z` or `2025-01-01T00:00:00.123Z` into nanoseconds since the Unix epoch.
pub(super) fn nanos_of_rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date.split('-'))?;
    let [hour, minute, second] = numbers(time.split(':'))?;
    // Times after the year 2262 cannot be sent.
    let is_valid = (1970..=2262).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_valid {
        return None;
    }
    let digits = u32::try_from(fraction.len()).ok()?;
    let fraction = number(fraction)? * 10u64.pow(9u32.checked_sub(digits)?);
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000_000_000 + fraction).filter(|nanos| i64::try_from(*nanos).is_ok())
}

/// Days since the Unix epoch. Years are counted from March, so that a leap day is the last day of its year.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let before_month = (153 * month + 2) / 5;
    year * 365 + year / 4 - year / 100 + year / 400 + before_month + day - 719_469
}

fn numbers<'t>(mut parts: impl Iterator<Item = &'t str>) -> Option<[u64; 3]> {
    let found = [
        number(parts.next()?)?,
        number(parts.next()?)?,
        number(parts.next()?)?,
    ];
    parts.next().is_none().then_some(found)
}

/// Parses digits, and nothing else.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_known_to_the_microsecond() {
        for (json, nanos) in [
            ("1735689600", Some(1_735_689_600_000_000_000)),
            ("1735689600.123", Some(1_735_689_600_123_000_000)),
            ("1.7356896E9", Some(1_735_689_600_000_000_000)),
            ("\"1735689600.123456\"", Some(1_735_689_600_123_456_000)),
            ("0", Some(0)),
            ("-1", None),
            ("1e300", None),
            ("\"soon\"", None),
            ("{}", None),
            ("null", None),
        ] {
            let value = Json::new(json.as_bytes());
            assert_eq!(nanos_of_seconds(value), nanos, "{json}");
        }
    }

    #[test]
    fn times_are_read() {
        for (text, nanos) in [
            ("1970-01-01T00:00:00Z", 0),
            (
                "1970-03-01T00:00:00.000000001Z",
                59 * 86_400_000_000_000 + 1,
            ),
            ("2000-02-29T23:59:59.5Z", 951_868_799_500_000_000),
            ("2024-12-31T23:59:59.999Z", 1_735_689_599_999_000_000),
            ("2025-01-01T00:00:00.123Z", 1_735_689_600_123_000_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
        ] {
            assert_eq!(nanos_of_rfc3339(text), Some(nanos), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "Z",
            "TZ",
            "2025-01-01",
            "2025-01-01T00:00:00",
            "2025-01-01T00:00Z",
            "2025-01-01T00:00:00:00Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00.1234567890Z",
            "2025-01-01T00:00:00.9999999999999999999Z",
            "2025-01-01T00:00:00.+1Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-32T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "1969-12-31T23:59:59Z",
            "2263-01-01T00:00:00Z",
            "18446744073709551615-01-01T00:00:00Z",
            "99999999999999999999-01-01T00:00:00Z",
        ] {
            assert_eq!(nanos_of_rfc3339(text), None, "{text}");
        }
    }
}
