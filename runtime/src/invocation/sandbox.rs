//! State of the sandbox: when the library started, and whether there has been an invocation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::startup;
use crate::config::Config;
use crate::json::Json;
use crate::span::{Clock, Tags};

/// If the first invocation comes later than this after the start, the sandbox was started proactively.
const PROACTIVE: Duration = Duration::from_secs(10);

/// When the library started.
struct Started {
    at: Instant,
    /// The age of the process at that time.
    age: Duration,
}

impl Started {
    /// How long the process has been running. The library may have been started only by the first event.
    fn waited(&self) -> Duration {
        self.age.saturating_add(self.at.elapsed())
    }
}

static STARTED: OnceLock<Started> = OnceLock::new();
static READY: OnceLock<Instant> = OnceLock::new();
/// When the sandbox was last restored from a snapshot.
static RESTORED: Mutex<Option<Instant>> = Mutex::new(None);
static SEEN: AtomicBool = AtomicBool::new(false);

/// Notes the start of the library; later calls change nothing.
pub(crate) fn started() {
    since_start();
}

fn since_start() -> &'static Started {
    STARTED.get_or_init(|| {
        let clock = Clock::now();
        startup::begin(clock);
        Started {
            at: clock.made(),
            age: process_age().unwrap_or_default(),
        }
    })
}

/// Notes that the function asks for its first event.
pub(crate) fn ready() {
    READY.get_or_init(Instant::now);
}

pub(super) fn ready_at() -> Option<Instant> {
    READY.get().copied()
}

/// Notes that the sandbox has been restored from a snapshot. This counts as its start, whatever was invoked before.
pub(crate) fn restored() {
    *RESTORED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    SEEN.store(false, Ordering::Relaxed);
}

/// Whether no invocation has begun yet.
pub(crate) fn awaits_first() -> bool {
    !SEEN.load(Ordering::Relaxed)
}

/// When the process started; never later than the library.
pub(super) fn process_start() -> Instant {
    let Started { at, age } = since_start();
    at.checked_sub(*age).unwrap_or(*at)
}

/// How long this process has been running, to a hundredth of a second, if the system tells.
fn process_age() -> Option<Duration> {
    let read = |path| std::fs::read_to_string(path).ok();
    age(&read("/proc/self/stat")?, &read("/proc/uptime")?)
}

/// The age of the process with this `stat`, in a system with this `uptime`.
fn age(stat: &str, uptime: &str) -> Option<Duration> {
    /// Milliseconds per clock tick of `stat`: there are 100 ticks a second on every Linux that Lambda runs.
    const TICK: u64 = 10;
    // The program's name, in parentheses, may contain anything. Field 22 is the start of the process after the start of the
    // system.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_ascii_whitespace().nth(19)?.parse().ok()?;
    // Parsed by our own parser, which is linked anyway: the standard library's adds 10 KB of tables.
    let up = uptime.split_ascii_whitespace().next()?.as_bytes();
    let up = Duration::try_from_secs_f64(Json::new(up).as_f64()?).ok()?;
    up.checked_sub(Duration::from_millis(ticks.checked_mul(TICK)?))
}

/// How long the sandbox has been up. Zero if it may have been restored without the library being told.
fn waited() -> Duration {
    let restored = *RESTORED.lock().unwrap_or_else(PoisonError::into_inner);
    match restored {
        Some(restored) => restored.elapsed(),
        None if Config::get().is_snap_start() => Duration::ZERO,
        None => since_start().waited(),
    }
}

/// How warm the sandbox is for one invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The first invocation had to wait for the sandbox.
    Cold,
    /// The first invocation of a sandbox that had been started proactively.
    Proactive,
    Warm,
}

impl Start {
    /// The start of the invocation that begins now; `Cold` or `Proactive` only on the first call.
    pub(crate) fn next() -> Self {
        if SEEN.load(Ordering::Relaxed) || SEEN.swap(true, Ordering::Relaxed) {
            Self::Warm
        } else {
            Self::first(waited())
        }
    }

    fn first(age: Duration) -> Self {
        if age > PROACTIVE {
            Self::Proactive
        } else {
            Self::Cold
        }
    }

    /// Writes the tags of `aws.lambda` that describe the start.
    pub(crate) fn mark(self, tags: &mut Tags) {
        tags.push(
            "cold_start",
            if self == Self::Cold { "true" } else { "false" },
        );
        if self == Self::Proactive {
            tags.push("proactive_initialization", "true");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_part_a_cold_start_from_a_proactive_one() {
        assert_eq!(Start::first(Duration::from_secs(10)), Start::Cold);
        assert_eq!(
            Start::first(Duration::from_millis(10_001)),
            Start::Proactive
        );
    }

    #[test]
    fn a_process_that_was_there_long_before_the_library_was_started_ahead_of_need() {
        let age = Duration::from_secs(11);
        let at = Instant::now();
        assert_eq!(Start::first(Started { at, age }.waited()), Start::Proactive);
    }

    #[test]
    fn the_age_of_a_process_is_what_the_system_says() {
        let stat = |name: &str, ticks: &str| {
            let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0";
            format!("42 ({name}) {fields} {ticks} 1000 10")
        };
        let young = stat("boot strap) S (1", "12345");
        assert_eq!(
            age(&young, "123.95 400.10\n"),
            Some(Duration::from_millis(500))
        );
        // Rounding must not yield an age above the uptime, or below zero.
        assert_eq!(age(&young, "123.44 1.0"), None);
        for (stat, uptime) in [
            (stat("a", "x"), "1.0 1.0"),
            (stat("a", "18446744073709551615"), "1.0 1.0"),
            (stat("a", "1"), "NaN"),
            (stat("a", "1"), ""),
            (String::new(), "1.0"),
        ] {
            assert_eq!(age(&stat, uptime), None, "{stat} {uptime}");
        }
    }

    #[test]
    fn this_process_has_an_age() {
        let age = process_age().unwrap();
        assert!(process_age().unwrap() >= age);
        assert!(process_start() <= Instant::now());
    }

    #[test]
    fn only_a_cold_start_is_tagged_so() {
        for (start, cold, proactive) in [
            (Start::Cold, "true", None),
            (Start::Proactive, "false", Some("true")),
            (Start::Warm, "false", None),
        ] {
            let mut tags = Tags::new();
            start.mark(&mut tags);
            assert_eq!(tags.text("cold_start"), Some(cold));
            assert_eq!(tags.text("proactive_initialization"), proactive);
        }
    }
}
