//! What is one per sandbox: when the library woke up, and whether an invocation came before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::startup;
use crate::config::Config;
use crate::json::Json;
use crate::span::{Clock, Tags};

/// A first invocation later than this after the start means that the sandbox was started ahead of need.
const PROACTIVE: Duration = Duration::from_secs(10);

/// When the library woke up.
struct Started {
    at: Instant,
    /// The age of the process at that time.
    age: Duration,
}

impl Started {
    /// For how long the process has run. The library may have been woken by the first event.
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

/// Notes that the sandbox has been restored from a snapshot: that is its start now, whatever was invoked before it.
pub(crate) fn restored() {
    *RESTORED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    SEEN.store(false, Ordering::Relaxed);
}

/// Whether no invocation has begun.
pub(crate) fn awaits_first() -> bool {
    !SEEN.load(Ordering::Relaxed)
}

/// When the process began, but not after the library.
pub(super) fn process_start() -> Instant {
    let Started { at, age } = since_start();
    at.checked_sub(*age).unwrap_or(*at)
}

/// For how long this process has run, to the hundredth of a second, where the system tells.
fn process_age() -> Option<Duration> {
    let read = |path| std::fs::read_to_string(path).ok();
    age(&read("/proc/self/stat")?, &read("/proc/uptime")?)
}

/// The age of the process with this `stat`, in a system that is up for so long.
fn age(stat: &str, uptime: &str) -> Option<Duration> {
    /// Of one of the ticks that `stat` counts in, 100 a second on every Linux that Lambda runs.
    const TICK: u64 = 10;
    // The name of the program, in parentheses, may hold anything. Field 22 is the time from the system's start to the
    // process's.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_ascii_whitespace().nth(19)?.parse().ok()?;
    // By the parser that is linked anyway: the standard library's own brings tables of 10 KB.
    let up = uptime.split_ascii_whitespace().next()?.as_bytes();
    let up = Duration::try_from_secs_f64(Json::new(up).as_f64()?).ok()?;
    up.checked_sub(Duration::from_millis(ticks.checked_mul(TICK)?))
}

/// How long the sandbox has been there. Of one that was restored, and nobody told the library, nothing is known.
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
    /// The first invocation waited for the sandbox.
    Cold,
    /// The first invocation of a sandbox that had been started ahead of need.
    Proactive,
    Warm,
}

impl Start {
    /// The start of the invocation that begins now; the first call in a process tells `Cold` or `Proactive`.
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

    /// Writes the tags of `aws.lambda` that tell the start.
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
        // Rounding cannot make it older than the system, nor younger than nothing.
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
