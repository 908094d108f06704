//! Time stamps of spans.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A wall clock that cannot jump: the system time at one moment, and the monotonic clock from there on.
///
/// Each invocation makes its own, since the monotonic clock may stop while the sandbox is frozen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    wall: u64,
    start: Instant,
}

impl Clock {
    pub(crate) fn now() -> Self {
        Self {
            wall: unix_nanos(SystemTime::now()),
            start: Instant::now(),
        }
    }

    /// Nanoseconds since the Unix epoch, now.
    pub(crate) fn nanos(&self) -> u64 {
        self.wall.saturating_add(nanos(self.start.elapsed()))
    }

    /// Nanoseconds since the Unix epoch at `instant`, before or after the clock was made.
    pub(crate) fn at(&self, instant: Instant) -> u64 {
        let ahead = instant.saturating_duration_since(self.start);
        let behind = self.start.saturating_duration_since(instant);
        self.wall
            .saturating_add(nanos(ahead))
            .saturating_sub(nanos(behind))
    }

    /// The moment when the clock was made.
    pub(crate) fn made(&self) -> Instant {
        self.start
    }

    /// When the clock was made, in nanoseconds since the Unix epoch.
    pub(crate) fn started(&self) -> u64 {
        self.wall
    }
}

/// Nanoseconds since the Unix epoch; 0 for a time before it.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    nanos(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}
