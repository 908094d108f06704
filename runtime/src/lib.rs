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
//! adds what the functions and services behind this one are to know besides, [`baggage`](baggage()) reads what came. With the
//! feature `aws-sdk`, clients of the AWS SDK pass the trace on by themselves; so it is with a span for each of their calls.
//!
//! **Spans.** Spans of the `tracing` crate become spans of the trace. [`set_tag`], [`set_metric`], [`set_error`] and
//! [`set_resource`] change the active one. The services that an event came through get spans of their own, above the function's.
//!
//! **The start.** A cold start has a span, `aws.lambda.load`, and below it what the program does before it runs: see
//! [`load`](load()).
//!
//! **Batches.** [`record`](macro@record) gives each record of a batch a span of its own, linked to the trace that it came from.
//!
//! **Logs.** Lines carry the ids of their trace and span, in JSON or text as the function's settings ask.
//!
//! **Metrics.** [`metric`](metric()) sends values of distributions.
//!
//! **Programs that are no functions**, such as servers and workers, trace [units](host) of work with the same crate, and send them
//! to an agent in the background.
//!
//! **The way to Datadog** is the Datadog Lambda Extension or an agent, or, where there is neither, the log and the Datadog
//! Forwarder. The feature `otlp` leads to other servers, too. All settings are environment variables, such as `DD_SERVICE`, `DD_ENV` and `DD_VERSION`.
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
//! | `aws-sdk` | | calls of the AWS SDK: the module `aws`, `traced_client!` |
//! | `graceful-shutdown` | yes | what is left is sent on SIGTERM, when Lambda ends the sandbox |
//! | `reqwest` | | spans and headers for calls through reqwest, in `http_client` |
//! | `tower-http-client` | | the same for every tower service on HTTP requests, such as the client of hyper-util |
//! | `otlp` | | traces in OTLP, for servers of OpenTelemetry |
//! | `testing` | | the module `testing`: a Lambda without AWS, for the tests of a function |
//!
//! # Rust versions
//!
//! Rust 1.85 and later, with `lambda_runtime` 1.5. With the feature `http`, crates below `lambda_http` need Rust 1.88 in their
//! newest versions; with `aws-sdk`, those of the SDK want the Rust that the SDK wants.
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
#[cfg(feature = "aws-sdk")]
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
mod enhanced;
mod export;
mod extractor;
mod flush;
mod handler;
pub mod host;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "reqwest", feature = "tower-http-client"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "reqwest", feature = "tower-http-client")))
)]
pub mod http_client;
mod invocation;
mod json;
mod layer;
mod load;
mod metric;
mod msgpack;
mod obfuscate;
mod observe;
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
pub mod testing;
mod thread;
mod timeout;
#[cfg(feature = "tracing")]
pub mod tracing;
mod trigger;
mod udp;
mod underway;
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
pub use metric::metric;
pub use propagation::{Carrier, Inject, IntoTraceContext, TraceCarrier, TraceContext};
pub use run::run;
#[cfg(feature = "concurrency-tokio")]
pub use run::run_concurrent;
#[cfg(feature = "tracing")]
pub use tracing::init;
