//! What is one per sandbox: when the library woke up, and whether an invocation came before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::span::Tags;

/// A first invocation later than this after the start means that the sandbox was started ahead of need.
const PROACTIVE: Duration = Duration::from_secs(10);

/// Notes the start of the library; later calls change nothing.
pub(crate) fn started() -> Instant {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    *STARTED.get_or_init(Instant::now)
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
        static SEEN: AtomicBool = AtomicBool::new(false);
        if SEEN.load(Ordering::Relaxed) || SEEN.swap(true, Ordering::Relaxed) {
            Self::Warm
        } else {
            Self::first(started().elapsed())
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
