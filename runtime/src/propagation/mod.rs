//! Trace context in carriers: reading it, writing it.

mod carrier;
mod context;

pub use carrier::{Carrier, Inject, TraceCarrier};
pub use context::TraceContext;
