//! Datadog tracing for AWS Lambda functions written in Rust.
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate self as ddlambda;

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

pub use json::Json;
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
