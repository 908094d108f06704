//! A Lambda without AWS, for the tests of a function (feature `testing`).
//!
//! [`Lambda`] emulates the Lambda service on 127.0.0.1: it runs a function under the real `lambda_runtime`, in the test
//! process or from its binary, sends it events and receives its responses. A trace [`Agent`] receives the spans. An
//! [`Outcome`] has the response, the [`Trace`] and the log of an invocation.
//!
//! ```
//! use ddlambda::testing::Lambda;
//! use lambda_runtime::{service_fn, Error, LambdaEvent};
//! use serde_json::{json, Value};
//!
//! async fn double(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let number = event.payload["number"].as_i64().ok_or("no number")?;
//!     Ok(json!({ "double": 2 * number }))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let lambda = Lambda::service(|| lambda_runtime::run(service_fn(double))).await;
//!
//! let outcome = lambda.invoke(json!({ "number": 21 })).await;
//! assert_eq!(outcome.response(), &json!({ "double": 42 }));
//!
//! let outcome = lambda.invoke(json!({})).await;
//! assert_eq!(outcome.error().unwrap().message, "no number");
//! # }
//! ```
//!
//! If the function is traced, check its spans:
//!
//! ```no_run
//! # async fn test() {
//! use ddlambda::testing::Lambda;
//!
//! let lambda = Lambda::binary("target/debug/orders").env("DD_ENV", "test").start().await;
//! let trace = lambda.invoke(serde_json::json!({ "order": 7 })).await.trace().await;
//!
//! let span = trace.span("aws.lambda");
//! assert_eq!(span.tag("env"), Some("test"));
//! assert_eq!(trace.root().name, "aws.lambda");
//! println!("{}", trace.waterfall());
//! # }
//! ```
//!
//! The [journal](Lambda::journal) records the order of events. [`AgentBehavior`] makes the agent slow, broken or absent.
//! [`Aws`] is an endpoint for functions that call each other.
//!
//! Methods panic if something does not work, with a message that says what happened instead.

mod agent;
mod aws;
mod decode;
mod environment;
mod in_process;
mod invocation;
mod journal;
mod lambda;
mod md5;
mod outcome;
#[cfg(unix)]
mod output;
#[cfg(unix)]
mod process;
mod runtime_api;
mod sandbox;
mod server;
mod sns;
mod span;
mod sqs;
mod trace;
mod waterfall;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use agent::{Agent, AgentBehavior, AgentRequest};
pub use aws::Aws;
pub use invocation::Invocation;
pub use journal::{Event, Moment};
pub use lambda::Lambda;
pub use outcome::{FunctionError, Outcome};
#[cfg(unix)]
pub use process::Binary;
pub use span::{Span, SpanLink};
pub use sqs::{Message, MessageAttribute};
pub use trace::Trace;
pub use waterfall::Waterfall;

/// How long the kit waits for what should happen soon: generously, since a passing test never waits that long.
const LIMIT: Duration = Duration::from_secs(20);
