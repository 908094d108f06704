//! Datadog tracing for AWS Lambda functions written in Rust.
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate self as ddlambda;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod config;
mod extractor;
mod json;
mod propagation;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tracing")]
pub mod tracing;
mod trigger;

pub use ddlambda_macros::{extractor, handler, TraceCarrier};
pub use extractor::{Extractor, IntoTraceContext, RawEvent};
pub use propagation::{Carrier, Inject, TraceCarrier, TraceContext};
