//! Limits something to a number per second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// A token bucket: full at first, and refilled at a constant rate.
#[derive(Debug)]
pub(super) struct Limiter {
    per_second: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    filled: Instant,
    /// The start of the second that is being counted.
    since: Instant,
    asked: f64,
    allowed: f64,
    /// The share that was allowed in the second before it.
    before: Option<f64>,
}

impl Limiter {
    pub(super) fn new(per_second: f64, now: Instant) -> Self {
        Self {
            per_second,
            state: Mutex::new(State {
                tokens: capacity(per_second),
                filled: now,
                since: now,
                asked: 0.0,
                allowed: 0.0,
                before: None,
            }),
        }
    }

    /// Whether one more is allowed, and the share that was allowed in this second and the one before.
    pub(super) fn allow(&self, now: Instant) -> (bool, f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(state.since) >= SECOND {
            state.before = (state.asked > 0.0).then(|| state.allowed / state.asked);
            state.since = now;
            (state.asked, state.allowed) = (0.0, 0.0);
        }
        let passed = now.saturating_duration_since(state.filled).as_secs_f64();
        state.tokens = (state.tokens + passed * self.per_second).min(capacity(self.per_second));
        state.filled = state.filled.max(now);
        let allowed = state.tokens >= 1.0;
        state.asked += 1.0;
        if allowed {
            state.tokens -= 1.0;
            state.allowed += 1.0;
        }
        let share = state.allowed / state.asked;
        let share = state.before.map_or(share, |before| (before + share) / 2.0);
        (allowed, share)
    }
}

/// At least one token, since with less nothing would ever be allowed.
fn capacity(per_second: f64) -> f64 {
    if per_second > 0.0 {
        per_second.max(1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_allowed_a_second() {
        let start = Instant::now();
        let limiter = Limiter::new(2.0, start);
        let at = |milliseconds| limiter.allow(start + Duration::from_millis(milliseconds));
        assert_eq!([at(0), at(0)], [(true, 1.0), (true, 1.0)]);
        assert_eq!(at(1), (false, 2.0 / 3.0));
        // Half a second adds one token.
        assert_eq!([at(501), at(501)], [(true, 0.75), (false, 0.6)]);
        // The next second, averaged with the one before.
        assert_eq!(at(1_001), (true, 0.8));
        // Many seconds add no more than one does.
        let allowed = (0..10).filter(|_| at(60_000).0).count();
        assert_eq!(allowed, 2);
    }

    #[test]
    fn none_means_none_and_a_fraction_one_in_a_while() {
        let start = Instant::now();
        let none = Limiter::new(0.0, start);
        assert_eq!(none.allow(start + SECOND), (false, 0.0));
        let rare = Limiter::new(0.5, start);
        let allowed = [0, 1, 2, 3, 4].map(|second| rare.allow(start + SECOND * second).0);
        assert_eq!(allowed, [true, false, true, false, true]);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let start = Instant::now();
        let limiter = Limiter::new(1.0, start + SECOND);
        assert!(limiter.allow(start + SECOND).0);
        assert!(!limiter.allow(start).0);
        assert!(!limiter.allow(start + SECOND).0);
    }
}
