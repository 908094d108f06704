//! The items that macro expansions use.
//!
//! Not public API. It may change in any release, including patch releases; only the macros of exactly this version use it.

pub use crate::extractor::{Extracting, FromRaw, IntoTraceContext, NoExtractor, Registered};
pub use crate::handler::invoke;
pub use crate::invocation::handler::{Handler, Parent};
pub use crate::record::{
    Record, RecordProbe, Recording, ResultProbe, ViaAnything, ViaDebug, ViaDisplay, ViaErr,
    ViaError, ViaSerialize, ViaSilence,
};
pub use crate::signature::{
    CarrierProbe, HandlerEvent, HandlerResult, ViaNothing, ViaTraceCarrier,
};
pub use inventory;
