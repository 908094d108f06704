//! How events tell the time. All results are in nanoseconds since the Unix epoch.

use crate::json::Json;

/// Seconds, with a fraction or without, as a number or as its text.
pub(super) fn nanos_of_seconds(value: Json<'_>) -> Option<u64> {
    let seconds = match value.as_str() {
        Some(text) => Json::new(text.as_bytes()).as_f64()?,
        None => value.as_f64()?,
    };
    // A floating point number knows the time of these years to the microsecond; what it says beyond that is noise.
    let micros = (seconds * 1e6).round();
    // The wire takes no time beyond the year 2262.
    let known = (0.0..i64::MAX as f64 / 1e3).contains(&micros);
    known.then(|| micros as u64 * 1_000)
}

/// A time of ISO 8601 in UTC, such as `2025-01-01T00:00:00.123Z`.
pub(super) fn nanos_of_iso(text: &str) -> Option<u64> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let marked = |(at, mark): (usize, u8)| text.as_bytes().get(at) == Some(&mark);
    if !marks.into_iter().all(marked) {
        return None;
    }
    let year = digits(text.get(..4)?)?;
    let month = digits(text.get(5..7)?).filter(|month| (1..=12).contains(month))?;
    let day = digits(text.get(8..10)?).filter(|day| (1..=31).contains(day))?;
    let hour = digits(text.get(11..13)?).filter(|hour| *hour < 24)?;
    let minute = digits(text.get(14..16)?).filter(|minute| *minute < 60)?;
    // 60 is a leap second.
    let second = digits(text.get(17..19)?).filter(|second| *second <= 60)?;
    let fraction = match text.get(19..)?.strip_suffix('Z')? {
        "" => 0,
        fraction => nanos_of_fraction(fraction.strip_prefix('.')?)?,
    };
    let seconds = ((days(year, month, day)? * 24 + hour) * 60 + minute) * 60 + second;
    let nanos = seconds.checked_mul(1_000_000_000)? + fraction;
    i64::try_from(nanos).is_ok().then_some(nanos)
}

/// The days from the Unix epoch to a date of the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    // Years that begin in March have their leap day at the end, and months whose lengths follow one line.
    let (year, month) = match month {
        ..3 => (year.checked_sub(1)?, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    (year * 365 + leap_days + day_of_year).checked_sub(719_468)
}

/// The digits behind the point of a second; beyond the ninth they do not count.
fn nanos_of_fraction(fraction: &str) -> Option<u64> {
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let known = fraction.get(..fraction.len().min(9))?;
    let missing = u32::try_from(9 - known.len()).ok()?;
    Some(digits(known)? * 10_u64.pow(missing))
}

fn digits(text: &str) -> Option<u64> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
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
            assert_eq!(
                nanos_of_seconds(Json::new(json.as_bytes())),
                nanos,
                "{json}"
            );
        }
    }

    #[test]
    fn iso_times_are_exact() {
        for (text, nanos) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000_000),
            ("2025-01-01T00:00:00.123Z", 1_735_689_600_123_000_000),
            ("2025-03-01T12:30:45.000001Z", 1_740_832_245_000_001_000),
            ("2024-12-31T00:00:00.1234567891Z", 1_735_603_200_123_456_789),
        ] {
            assert_eq!(nanos_of_iso(text), Some(nanos), "{text}");
        }
    }

    #[test]
    fn anything_else_is_absent() {
        for text in [
            "",
            "2025-01-01",
            "2025-01-01T00:00:00",
            "2025-01-01T00:00:00+01:00",
            "2025-01-01 00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-32T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00.12aZ",
            "2025-01-01T00:00:00.1234567890aZ",
            "+025-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "9999-01-01T00:00:00Z",
            "2025-01-01T00:00:0é",
            "1735689600",
        ] {
            assert_eq!(nanos_of_iso(text), None, "{text}");
        }
    }
}
