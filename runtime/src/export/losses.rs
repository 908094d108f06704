//! Spans that could not be delivered are counted, and logged when losses begin, when they have doubled, and when they are
//! over. Spans for which there was no room are counted, and logged once.

#[cfg(feature = "otlp")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::contained::say;

/// Spans lost since the process began.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Consecutive failed requests.
static IN_A_ROW: AtomicU64 = AtomicU64::new(0);
/// How many of them got no response in time.
static WAITED_FOR: AtomicU64 = AtomicU64::new(0);

/// Why a request was not delivered.
#[derive(Debug)]
pub(super) enum Undelivered {
    Failed(std::io::Error),
    TimedOut,
    /// The agent responded with this status.
    Refused(u16),
    /// It was given up before the request was written, or before the response arrived.
    Dropped,
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Dropped => f.write_str("the program did not wait for it"),
            Self::Refused(status) => write!(f, "answered with status {status}"),
        }
    }
}

/// Notes the result of a request that carried `spans`.
pub(super) fn note(sent: Result<(), Undelivered>, spans: usize) {
    match sent {
        Ok(()) => {
            if IN_A_ROW.load(Ordering::Relaxed) > 0 && IN_A_ROW.swap(0, Ordering::Relaxed) > 0 {
                WAITED_FOR.store(0, Ordering::Relaxed);
                let lost = LOST.load(Ordering::Relaxed);
                say(
                    &|| tracing::warn!(target: "ddlambda", lost, "the trace agent takes spans again; `lost` spans are gone"),
                );
            }
        }
        Err(reason) => {
            let lost = LOST.fetch_add(spans as u64, Ordering::Relaxed) + spans as u64;
            if matches!(reason, Undelivered::TimedOut) {
                WAITED_FOR.fetch_add(1, Ordering::Relaxed);
            }
            let failures = IN_A_ROW.fetch_add(1, Ordering::Relaxed) + 1;
            if failures.is_power_of_two() {
                say(
                    &|| tracing::warn!(target: "ddlambda", lost, "the trace agent did not take spans: {reason}"),
                );
            }
        }
    }
}

/// The number of spans being sent. If this is dropped before it is reset, they are lost.
#[derive(Default)]
pub(super) struct Unsent(pub(super) usize);

impl Drop for Unsent {
    fn drop(&mut self) {
        if self.0 > 0 {
            note(Err(Undelivered::Dropped), self.0);
        }
    }
}

/// Counts spans that a server rejected from a request it accepted, and logs the reason: once, and again whenever the count
/// has grown tenfold. Without spans it is a warning, which is logged once.
#[cfg(feature = "otlp")]
pub(super) fn note_rejected(spans: u64, reason: &str) {
    static REJECTED: AtomicU64 = AtomicU64::new(0);
    static WARNED: AtomicBool = AtomicBool::new(false);
    if spans == 0 {
        if !WARNED.swap(true, Ordering::Relaxed) {
            say(&|| tracing::warn!(target: "ddlambda", "the server of traces warns: {reason}"));
        }
        return;
    }
    let lost = LOST
        .fetch_add(spans, Ordering::Relaxed)
        .saturating_add(spans);
    let before = REJECTED.fetch_add(spans, Ordering::Relaxed);
    let rejected = before.saturating_add(spans);
    if before == 0 || before.ilog10() < rejected.ilog10() {
        say(
            &|| tracing::warn!(target: "ddlambda", rejected, lost, "the server of traces did not take all spans: {reason}"),
        );
    }
}

/// Counts spans for which the queue had no room.
pub(crate) fn count_dropped(spans: usize) {
    static DROPPED: AtomicU64 = AtomicU64::new(0);
    let before = DROPPED.fetch_add(spans as u64, Ordering::Relaxed);
    let dropped = before + spans as u64;
    // Logged once, and again whenever the count has grown tenfold.
    if before == 0 || before.ilog10() < dropped.ilog10() {
        warn_dropped(
            dropped,
            format_args!(
                "spans come faster than the trace agent takes them; `dropped` have been dropped"
            ),
        );
    }
}

/// Logs what was dropped. In one place, since a log line is much code.
#[cold]
pub(crate) fn warn_dropped(dropped: u64, what: std::fmt::Arguments<'_>) {
    say(&|| tracing::warn!(target: "ddlambda", dropped, "{what}"));
}

/// How long to wait for an agent: `allowed`, but after a timeout mostly a tenth of it, so that a function does not pay for a
/// hanging agent at every invocation.
pub(super) fn patience(allowed: Duration) -> Duration {
    if is_patient(WAITED_FOR.load(Ordering::Relaxed)) {
        allowed
    } else {
        allowed / 10
    }
}

/// Whether to allow the full time again after this many timeouts: an agent that has recovered may still need more than a
/// tenth of it.
fn is_patient(waited_for: u64) -> bool {
    let next = waited_for + 1;
    next.is_power_of_two() || next % 64 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_time_is_given_again_and_again() {
        let patient: Vec<u64> = (0..200).filter(|waited| is_patient(*waited)).collect();
        assert_eq!(patient, [0, 1, 3, 7, 15, 31, 63, 127, 191]);
    }
    /// A subscriber that itself logs when a server warns.
    #[cfg(all(feature = "otlp", feature = "tracing"))]
    #[test]
    fn a_log_may_come_back_while_a_line_is_written() {
        use std::sync::Arc;

        use tracing_subscriber::layer::{Context, SubscriberExt};
        use tracing_subscriber::{Layer, Registry};

        struct Asks(Arc<AtomicU64>);

        impl Layer<Registry> for Asks {
            fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, Registry>) {
                self.0.fetch_add(1, Ordering::Relaxed);
                note_rejected(0, "again");
            }
        }

        let lines = Arc::new(AtomicU64::new(0));
        let log = Registry::default().with(Asks(Arc::clone(&lines)));
        tracing::subscriber::with_default(log, || note_rejected(0, "once"));
        assert_eq!(lines.load(Ordering::Relaxed), 1);
    }
}
