//! What the measured functions do, apart from tracing: the same in each.

#[cfg(feature = "criterion")]
pub mod aws;
#[cfg(feature = "criterion")]
pub mod events;

use std::hint::black_box;

use serde_json::{json, Value};

/// Nested steps per invocation.
pub const STEPS: i64 = 5;

/// The trivial work of one step.
pub fn work(level: i64) -> u64 {
    (0..64).fold(0xcbf2_9ce4_8422_2325, |hash, byte: u64| {
        (hash ^ black_box(byte ^ level.unsigned_abs())).wrapping_mul(0x100_0000_01b3)
    }) >> 32
}

/// All steps, each within the one before.
pub fn steps(level: i64) -> u64 {
    if level > STEPS {
        return 0;
    }
    work(level) + steps(level + 1)
}

/// The response. The event `null` ends the process instead: a profiler writes what it has counted at a process's own end.
pub fn reply(event: &Value, sum: u64) -> Value {
    if event.is_null() {
        std::process::exit(0);
    }
    let fields = event.as_object().map_or(0, serde_json::Map::len);
    json!({ "ok": true, "sum": sum, "fields": fields })
}
