//! Datadog tracing for AWS Lambda functions written in Rust.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Expansions in the crate's own tests name it as users do.
#[cfg(test)]
extern crate self as ddlambda;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod active;
mod config;
mod export;
mod extractor;
mod flush;
mod handler;
#[cfg(feature = "http")]
pub mod http;
mod invocation;
mod json;
mod layer;
mod observe;
mod panic;
mod propagation;
mod response;
mod run;
mod signature;
mod span;
#[cfg(feature = "testing")]
pub mod testing;
mod timeout;
#[cfg(feature = "tracing")]
pub mod tracing;
mod trigger;
mod watchdog;

pub use ddlambda_macros::{extractor, handler, TraceCarrier};

pub use active::{
    current_span, inject, set_error, set_metric, set_resource, set_tag, trace_headers, CurrentSpan,
};
pub use extractor::{Extractor, RawEvent};
pub use json::Json;
pub use layer::{InvocationFuture, InvocationLayer, InvocationService};
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
pub use run::run;
#[cfg(feature = "concurrency-tokio")]
pub use run::run_concurrent;
#[cfg(feature = "tracing")]
pub use tracing::init;
