//! Datadog traces for AWS Lambda functions written in Rust.
//!
//! ```no_run
//! use lambda_runtime::{service_fn, Error, LambdaEvent};
//! use serde_json::{json, Value};
//!
//! #[ddlambda::handler]
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     Ok(json!({ "hello": event.payload["name"] }))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     ddlambda::run(service_fn(handler)).await
//! }
//! ```
//!
//! # Concepts
//!
//! **Invocations.** [`run`](run()) replaces `lambda_runtime::run`. It traces every invocation: it creates the span
//! `aws.lambda`, reads the trace context from the event, creates the spans of the services that the event came through,
//! marks errors, panics, timeouts and status codes, and sends the trace after the response, before the next event. Where
//! you build the runtime yourself, [`InvocationLayer`] does this, except for what its page names.
//!
//! [`handler`](macro@handler) leaves the function's signature as it is. It adds extractors, typed carriers, and a service,
//! resource or parent of your choice. It also traces a function under plain `lambda_runtime::run`; the raw event is not
//! available there, so trace context in it is not found and there are no inferred spans.
//!
//! **Context in.** The function continues its caller's trace:
//!
//! | invoked by | context from | spans |
//! |---|---|---|
//! | API Gateway: REST, HTTP, WebSocket APIs | headers, or a Lambda authorizer | `aws.apigateway`, `aws.httpapi`, `aws.apigateway.authorizer` |
//! | function URLs, load balancers | headers | `aws.lambda.url`, `aws.alb` |
//! | VPC Lattice, AppSync | headers | |
//! | SQS, SNS, EventBridge, also one behind the other | attributes, bodies, details | `aws.sqs`, `aws.sns`, `aws.eventbridge` |
//! | Kinesis, Kafka | data, record headers | `aws.kinesis`, `aws.msk` |
//! | DynamoDB streams, S3 | none: pointers to what was written | `aws.dynamodb`, `aws.s3` |
//! | Step Functions, durable executions | context object, checkpoints | |
//! | direct invocations | payload, client context | |
//!
//! An [`Extractor`] finds it elsewhere. A type that derives [`TraceCarrier`](derive@TraceCarrier) says where in a payload
//! it is. The first record of a batch that has a context is the parent; the others are linked.
//!
//! **Context out.** [`inject`] writes the active trace into headers and payloads, [`trace_headers`] returns it.
//! [`set_baggage`] adds names and values for the functions and services downstream, [`baggage`](baggage()) reads those that
//! came in. With the feature `aws-sdk`, AWS SDK clients pass the trace on, and each of their calls is a span.
//! With `reqwest` or `tower-http-client`, HTTP clients do the same.
//!
//! **Spans.** Spans of the `tracing` crate become spans of the trace. [`set_tag`], [`set_metric`], [`set_error`] and
//! [`set_resource`] change the active one.
//!
//! **Cold starts.** The trace of a cold start has a span `aws.lambda.load`, and below it what the program did before it
//! ran: see [`load`](load()).
//!
//! **Batches.** [`record`](macro@record) gives each record of a batch a span of its own, linked to the trace that it came
//! from.
//!
//! **Logs.** Log lines carry the ids of their trace and span, in JSON or text as the function is configured.
//!
//! **Metrics.** [`metric`](metric()) sends values of distributions.
//!
//! **Outside Lambda,** servers and workers trace [units](host) of work with the same crate, and send them to an agent in
//! the background.
//!
//! **Where traces go.** To the Datadog Lambda Extension or an agent; without either, to the log for the Datadog Forwarder;
//! with the feature `otlp`, to an OpenTelemetry collector. All settings are environment variables, such as `DD_SERVICE`,
//! `DD_ENV` and `DD_VERSION`.
//!
//! **Failures of tracing** do not fail the function. Context that cannot be read counts as absent; an extractor that panics
//! counts as one that found nothing. Delivery failures are logged when they begin, each time their number doubles, and when
//! they end; dropped spans are counted. Containing a panic takes unwinding: `cargo lambda build --release` sets
//! `panic = "abort"` unless `Cargo.toml` sets `panic` itself, and then any panic ends the sandbox, once the trace is sent.
//!
//! # Process-wide effects
//!
//! | effect | when |
//! |---|---|
//! | a panic hook, which calls the one before it | with `run`, `init`, `load`, the first [`InvocationLayer`] or the first [unit](host); under plain `lambda_runtime::run` with the first invocation; not with `DD_TRACE_ENABLED=false` |
//! | the global subscriber of the `tracing` crate, and the logger of the `log` crate | at the same points, except for the layer and units; with the feature `tracing`, and unless a subscriber is set already |
//! | a handler of SIGTERM in place of the default action | with `run` and its variants, on Unix, with the feature `graceful-shutdown`; not with `DD_TRACE_ENABLED=false` |
//! | a thread `ddlambda-watchdog`, for deadlines | with the first traced invocation |
//! | a thread `ddlambda-sender` | with the first [unit](host) that ends; functions have none, as they send before the next event |
//! | threads `ddlambda-connect`, each for one attempt | when spans are sent without the async runtime to an agent that is a host name or a Unix socket |
//!
//! Environment variables are read once.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tracing` | yes | spans and logs from the `tracing` crate: `init`, the module `tracing` |
//! | `graceful-shutdown` | yes | sends what is left on SIGTERM, when Lambda ends the sandbox |
//! | `http` | | handlers on `lambda_http::Request`, and `http::run` |
//! | `concurrency-tokio` | | `run_concurrent`, for Lambda Managed Instances |
//! | `aws-sdk` | | calls of the AWS SDK: the module `aws`, `traced_client!` |
//! | `reqwest` | | spans and headers for calls through reqwest, in `http_client` |
//! | `tower-http-client` | | the same for every tower service on HTTP requests, such as the client of hyper-util |
//! | `otlp` | | export over OTLP, to an OpenTelemetry collector |
//! | `testing` | | the module `testing`: a Lambda without AWS, for your tests |
//!
//! # Rust versions
//!
//! Rust 1.85 and later, with `lambda_runtime` 1.5. With the feature `http`, the newest versions of dependencies of
//! `lambda_http` need Rust 1.88; with `aws-sdk`, you need the Rust version that your AWS SDK crates need.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Macro expansions in the crate's own tests refer to it by this name.
#[cfg(test)]
extern crate self as ddlambda;

#[doc(hidden)]
#[path = "bench.rs"]
pub mod __bench;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod active;
mod authorizer;
#[cfg(feature = "aws-sdk")]
#[cfg_attr(docsrs, doc(cfg(feature = "aws-sdk")))]
pub mod aws;
mod baggage;
mod capture;
#[cfg(any(
    feature = "aws-sdk",
    feature = "reqwest",
    feature = "tower-http-client"
))]
mod client;
mod config;
mod contained;
mod enhanced;
mod export;
mod extractor;
mod flush;
mod handler;
pub mod host;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
#[cfg(any(feature = "reqwest", feature = "tower-http-client"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "reqwest", feature = "tower-http-client")))
)]
pub mod http_client;
mod in_flight;
mod invocation;
mod json;
mod layer;
mod load;
mod metric;
mod msgpack;
mod obfuscate;
mod observe;
mod outlined;
mod panic;
mod plain;
mod printed;
mod propagation;
mod record;
mod response;
mod restore;
mod run;
mod sampling;
mod shutdown;
mod signature;
mod span;
mod start;
mod streamed;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod thread;
mod timeout;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub mod tracing;
mod trigger;
mod udp;
mod watchdog;
mod xray;

pub use ddlambda_macros::{extractor, handler, record, TraceCarrier};

pub use active::{
    current_span, inject, set_error, set_metric, set_resource, set_tag, trace_headers, CurrentSpan,
};
pub use baggage::{all_baggage, baggage, remove_baggage, set_baggage};
pub use extractor::{Extractor, RawEvent};
pub use json::Json;
pub use layer::{InvocationFuture, InvocationLayer, InvocationService};
pub use load::load;
pub use metric::{metric, MetricValue};
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
pub use run::run;
#[cfg(feature = "concurrency-tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "concurrency-tokio")))]
pub use run::run_concurrent;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use tracing::init;
