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
//! **Invocations.** [`handler`](macro@handler) makes the span of an invocation, `aws.lambda`, and leaves the function's signature
//! as it is. [`run`](run()) stands for `lambda_runtime::run`; it keeps the event as it came, and sends the trace after the response,
//! before the next event. Where you build the runtime yourself, [`InvocationLayer`] does the same.
//!
//! **Context in.** The trace of the caller goes on, whatever it came by:
//!
//! | invoked by | from | spans |
//! |---|---|---|
//! | API Gateway: REST, HTTP, WebSocket APIs | headers, or what a Lambda authorizer passed on | `aws.apigateway`, `aws.httpapi`, `aws.apigateway.authorizer` |
//! | function URLs, load balancers | headers | `aws.lambda.url`, `aws.alb` |
//! | VPC Lattice, AppSync | headers | |
//! | SQS, SNS, EventBridge, also one behind the other | attributes, bodies, details | `aws.sqs`, `aws.sns`, `aws.eventbridge` |
//! | Kinesis, Kafka | data, headers of records | `aws.kinesis`, `aws.msk` |
//! | DynamoDB streams, S3 | pointers to what was written | `aws.dynamodb`, `aws.s3` |
//! | Step Functions, durable executions | context object, checkpoints | |
//! | direct invocations | payload, client context | |
//!
//! An [`Extractor`] finds it in places of your own. A type that derives [`TraceCarrier`](derive@TraceCarrier) says where in a
//! payload it is. The first record of a batch that has a context is the parent; the others are linked.
//!
//! **Context out.** [`inject`] writes the active trace into headers and payloads, [`trace_headers`] returns it. [`set_baggage`]
//! adds what the functions and services behind this one are to know besides, [`baggage`](baggage()) reads what came.
//!
//! **Spans.** Spans of the `tracing` crate become spans of the trace. [`set_tag`], [`set_metric`], [`set_error`] and
//! [`set_resource`] change the active one. The services that an event came through get spans of their own, above the function's.
//!
//! **Batches.** [`record`](macro@record) gives each record of a batch a span of its own, linked to the trace that it came from.
//!
//! **Logs.** Lines carry the ids of their trace and span, in JSON or text as the function's settings ask.
//!
//! **Metrics.** [`metric`](metric()) sends values of distributions.
//!
//! **The way to Datadog** is the Datadog Lambda Extension or an agent, or, where there is neither, the log and the Datadog
//! Forwarder. All settings are environment variables, such as `DD_SERVICE`, `DD_ENV` and `DD_VERSION`.
//!
//! Tracing never breaks the function: what cannot be read, sent or kept is left out, counted and said once in the log.
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `tracing` | yes | spans and logs of the `tracing` crate: `init`, the module `tracing` |
//! | `http` | | handlers on `lambda_http::Request`, and `http::run` |
//! | `concurrency-tokio` | | `run_concurrent`, for Lambda Managed Instances |
//! | `testing` | | the module `testing`: a Lambda without AWS, for the tests of a function |
//!
//! # Rust versions
//!
//! Rust 1.85 and later, with `lambda_runtime` 1.5. With the feature `http`, crates below `lambda_http` need Rust 1.88 in their
//! newest versions.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Expansions in the crate's own tests name it as users do.
#[cfg(test)]
extern crate self as ddlambda;

#[doc(hidden)]
#[path = "bench.rs"]
pub mod __bench;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod active;
mod apart;
mod authorizer;
mod baggage;
mod capture;
#[cfg(any(
    feature = "aws-sdk",
    feature = "reqwest",
    feature = "tower-http-client"
))]
mod client;
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
mod metric;
mod msgpack;
mod observe;
mod panic;
mod printed;
mod propagation;
mod record;
mod response;
mod run;
mod sampling;
mod signature;
mod span;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod timeout;
#[cfg(feature = "tracing")]
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
pub use metric::metric;
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
pub use run::run;
#[cfg(feature = "concurrency-tokio")]
pub use run::run_concurrent;
#[cfg(feature = "tracing")]
pub use tracing::init;
