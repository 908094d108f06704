//! Spans and logs of the `tracing` crate (feature `tracing`).
//!
//! [`init`] sets up both and is called by [`run`](crate::run); functions with a subscriber of their own compose the
//! parts:
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry()
//!     .with(ddlambda::tracing::layer())
//!     .with(ddlambda::tracing::json());
//! # let _ = subscriber;
//! ```
//!
//! Every span at `INFO` or above within an invocation becomes a span of its trace:
//!
//! | `tracing` | Datadog |
//! |---|---|
//! | the span's name | operation name, and resource unless one of the next rows names it |
//! | field `otel.name` or `resource.name` | resource |
//! | field `operation.name` | operation name |
//! | field `service.name` | service |
//! | field `span.type` | type, such as `sql` or `web` |
//! | field `otel.kind` or `span.kind` | tag `span.kind`, in lower case |
//! | field `otel.status_code` = `ERROR`, `otel.status_message` | error, `error.message` |
//! | field `error`, `error.message`, `error.type`, `error.stack` | error, and the tag |
//! | field `manual.keep` or `manual.drop` | the whole trace is kept or dropped |
//! | other fields: numbers | metrics; integers that a float cannot hold become text |
//! | other fields | tags |
//! | an event at `ERROR` | error, with the event's field `error`, else its message |
//! | `follows_from` | a span link |
//!
//! Spans with fields of OpenTelemetry's semantic conventions (`db.*`, `http.*`, `messaging.*`, `rpc.*`), and those of tower-http
//! and fred, get the operation name, resource, type and tags that Datadog has for what they tell, unless the fields above
//! say otherwise; the events of sqlx become spans.
//!
//! A span goes on in a spawned task if the task is given it: `task.in_current_span()`. One that outlives its invocation
//! is sent with the next.

mod fields;
mod format;
mod logs;
mod spans;
mod sqlx;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Once;

use ::tracing::dispatcher;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::Registry;

use crate::config::Config;
use crate::invocation::sandbox;
use crate::start;

pub use logs::Logs;
pub use spans::Spans;

/// A layer that turns spans of the `tracing` crate into spans of the invocation's trace.
///
/// It works on a [`Registry`], which `tracing_subscriber::registry()` and `tracing_subscriber::fmt()` both are.
#[must_use]
pub fn layer() -> Spans {
    sandbox::started();
    Spans::new(LevelFilter::INFO)
}

/// A layer that writes each event as one line of JSON to standard output, with the ids of its trace and request.
///
/// ```json
/// {"timestamp":"2026-01-01T00:00:00.000000Z","level":"INFO","target":"orders","message":"placed","order":17,"requestId":"..","dd.trace_id":"..","dd.span_id":"..","dd.service":"orders"}
/// ```
#[must_use]
pub fn json() -> Logs {
    Logs::new(format::Format::Json)
}

/// A layer that writes each event as one line of text to standard output, with the ids of its trace and request, in the
/// columns of Lambda's own text logs, separated by tabs.
#[must_use]
pub fn text() -> Logs {
    Logs::new(format::Format::Text)
}

/// Sets up spans and logs for the whole process, unless it has a subscriber already: then this does no more than warn of
/// one without [`layer`].
///
/// Logs are [`json`] if `AWS_LAMBDA_LOG_FORMAT` is `JSON`, else [`text`]. `AWS_LAMBDA_LOG_LEVEL`, or else `RUST_LOG`,
/// says which events are written; the default is `INFO`. Records of the `log` crate are included.
///
/// Call it first thing in `main` if there is much to do before [`run`](crate::run): what happens from here on is part of
/// `aws.lambda.load` in the trace of a cold start. [`load`](crate::load) does so, too.
pub fn init() {
    subscribe();
    start::prepare();
}

/// The subscriber alone.
pub(crate) fn subscribe() {
    let config = Config::get();
    if dispatcher::has_been_set() {
        if config.trace_enabled && !spans::are_installed() {
            warn_without_layer();
        }
        return;
    }
    let logs = if config.json_logs { json() } else { text() };
    let most_verbose = logs.max_level().max(LevelFilter::INFO);
    let spans = match config.trace_enabled {
        true => layer(),
        false => layer().with_max_level(LevelFilter::OFF),
    };
    let set = ::tracing::subscriber::set_global_default(Registry::default().with(spans).with(logs));
    // Both fail only where somebody else was quicker, and then theirs is the one to keep.
    if set.is_ok() {
        OURS.store(true, Ordering::Relaxed);
        let records = tracing_log::LogTracer::builder()
            .with_max_level(tracing_log::AsLog::as_log(&most_verbose));
        records.init().unwrap_or_default();
    }
}

/// Says once that the subscriber of the function knows nothing of traces: nothing else shows it.
#[cold]
fn warn_without_layer() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        ::tracing::warn!(
            target: "ddlambda",
            "a subscriber without `ddlambda::tracing::layer()` is installed: spans of `tracing` are not sent and log \
             lines carry no trace ids; add the layer to it, or remove the call that installs it (such as \
             `init_default_subscriber()`)"
        );
    });
}

/// Whether the process's subscriber is the one that [`init`] sets up.
static OURS: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_ours() -> bool {
    OURS.load(Ordering::Relaxed)
}
