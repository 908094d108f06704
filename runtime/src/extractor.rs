//! User functions that find the trace context of an event.
