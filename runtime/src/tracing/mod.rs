//! Spans and logs of the `tracing` crate (feature `tracing`).
//!
//! [`init`] sets up both, and [`run`](crate::run()) calls it. To use a subscriber of your own, compose the layers:
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
//! # How spans are mapped
//!
//! Within an invocation, every span at `INFO` or above becomes a span of the trace:
//!
//! | `tracing` | Datadog |
//! |---|---|
//! | the span's name | operation name, and resource, unless a row below sets it |
//! | field `otel.name` or `resource.name` | resource |
//! | field `operation.name` | operation name |
//! | field `service.name` | service |
//! | field `span.type` | type, such as `sql` or `web` |
//! | field `otel.kind` or `span.kind` | tag `span.kind`, in lower case |
//! | field `otel.status_code` = `ERROR`, `otel.status_message` | error, `error.message` |
//! | field `error`, `error.message`, `error.type`, `error.stack` | error, and the tag of that name; `error` becomes `error.message` |
//! | field `manual.keep` or `manual.drop` | keeps or drops the whole trace |
//! | other fields: numbers | numeric tags (metrics); integers that an `f64` cannot represent become text |
//! | other fields | tags |
//! | an event at `ERROR` | error on the innermost entered span, with the field `error` or `err` as message, otherwise with its own message; without such a span, nothing |
//! | `follows_from` | a span link |
//!
//! Spans with fields of OpenTelemetry's semantic conventions (`db.*`, `http.*`, `messaging.*`, `rpc.*`), and those of
//! tower-http and fred, get the operation name, resource, type and tags that Datadog uses for such spans, unless the
//! fields above set them. Query events of sqlx become spans.
//!
//! A spawned task belongs to the invocation if it runs in a span that was created there:
//! `task.instrument(info_span!("pack"))`. `in_current_span()` is enough only where a `tracing` span is entered, and
//! `aws.lambda` is not one. A span that outlives its invocation is sent with the trace of the next one.

mod fields;
mod format;
mod logs;
mod spans;
mod sqlx;

use std::sync::atomic::{AtomicBool, Ordering};

use ::tracing::dispatcher;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::Registry;

use crate::config::Config;
use crate::contained::say;
use crate::invocation::sandbox;
use crate::start;

pub use logs::Logs;
pub use spans::Spans;

/// Creates a layer that records spans of the `tracing` crate as spans of the trace.
///
/// It requires a [`Registry`], as created by `tracing_subscriber::registry()` or `tracing_subscriber::fmt()`.
#[must_use]
pub fn layer() -> Spans {
    sandbox::started();
    Spans::new(LevelFilter::INFO)
}

/// Creates a layer that writes each event to standard output as a line of JSON, with the ids of its trace and request.
///
/// ```json
/// {"timestamp":"2026-01-01T00:00:00.000000Z","level":"INFO","target":"orders","message":"placed","order":17,"requestId":"..","dd.trace_id":"..","dd.span_id":"..","dd.service":"orders"}
/// ```
#[must_use]
pub fn json() -> Logs {
    Logs::new(format::Format::Json)
}

/// Creates a layer that writes each event to standard output as a line of text, with the ids of its trace and request.
///
/// Lines have the columns of Lambda's own text logs, separated by tabs.
#[must_use]
pub fn text() -> Logs {
    Logs::new(format::Format::Text)
}

/// Installs a subscriber for spans and logs, unless the process has one already. Logs a warning if that one does not have
/// [`layer`].
///
/// Log lines are [`json`] if `AWS_LAMBDA_LOG_FORMAT` is `JSON`, otherwise [`text`]. `AWS_LAMBDA_LOG_LEVEL`, or else
/// `RUST_LOG`, sets which events are written; the default is `INFO`. Records of the `log` crate are logged as well.
///
/// Whether or not there is a subscriber, this installs a panic hook, which calls the previous one. With
/// `DD_TRACE_ENABLED=false`, there is no panic hook, and the subscriber only writes log lines.
///
/// Call it at the beginning of `main` if there is work to do before [`run`](crate::run()): from then on, spans are
/// recorded below `aws.lambda.load` in the trace of a cold start. [`load`](crate::load()) calls it as well.
pub fn init() {
    subscribe();
    start::prepare();
}

/// Installs the subscriber only.
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
    // Either fails only if something else was installed in the meantime, which then stays.
    if set.is_ok() {
        OURS.store(true, Ordering::Relaxed);
        let records = tracing_log::LogTracer::builder()
            .with_max_level(tracing_log::AsLog::as_log(&most_verbose));
        records.init().unwrap_or_default();
    }
}

/// Warns once that the function's subscriber records no spans: nothing else would show it.
#[cold]
fn warn_without_layer() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if SAID.swap(true, Ordering::Relaxed) {
        return;
    }
    say(&|| {
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
