//! Spans and logs of the `tracing` crate.
