//! Datadog tracing for AWS Lambda functions written in Rust.
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate self as ddlambda;

mod active;
mod config;
mod export;
mod extractor;
mod handler;
mod invocation;
mod json;
mod layer;
mod observe;
mod panic;
mod private;
mod propagation;
mod response;
mod run;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tracing")]
pub mod tracing;
mod trigger;
mod watchdog;

#[doc(hidden)]
pub use private as __private;

pub use ddlambda_macros::{extractor, handler, TraceCarrier};

pub use active::{
    current_span, inject, set_error, set_metric, set_resource, set_tag, trace_headers, CurrentSpan,
};
pub use extractor::{Extractor, RawEvent};
pub use json::Json;
pub use layer::{InvocationFuture, InvocationLayer, InvocationService};
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
#[cfg(feature = "concurrency-tokio")]
pub use run::run_concurrent;
pub use run::run;
#[cfg(feature = "tracing")]
pub use tracing::init;
