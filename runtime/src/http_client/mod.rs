//! Spans and trace headers for outgoing HTTP calls (features `reqwest` and `tower-http-client`).
//!
//! Each call becomes a span `http.request`, and the request carries the trace with that span as the parent. The span
//! lasts from the call until the response headers arrive, or until the call fails or is dropped; it does not include
//! reading the body. A status from 400 to 499 is an error; `DD_TRACE_HTTP_CLIENT_ERROR_STATUSES` sets other statuses.
//!
//! | on the span | value |
//! |---|---|
//! | operation | `http.request`; `http.client.request` with `DD_TRACE_SPAN_ATTRIBUTE_SCHEMA=v1` |
//! | resource | method and path: `GET /orders/7` |
//! | type | `http` |
//! | service | the function's; the host with `DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN=true` |
//! | `http.method`, `http.status_code` | text |
//! | `http.url` | without credentials, and with secrets in the query replaced by `<redacted>` |
//! | `out.host`, `network.destination.port` | the host and the port |
//! | `span.kind`, `component` | `client`; `reqwest` or `tower` |
//! | `http.request.headers.*`, `http.response.headers.*` | the headers that `DD_TRACE_HEADER_TAGS` names |
//! | `error.type`, `error.message`, `error.stack` | set if there is no response |
//!
//! Outside an invocation or a [unit of work](crate::host), and for requests to the Lambda Runtime API, the Datadog Lambda
//! Extension and the agent, there are neither spans nor headers. Calls before the first invocation have spans below
//! `aws.lambda.load`, but no headers.

mod call;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "tower-http-client")]
mod tower;

#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
pub use self::reqwest::{TracedClient, TracedRequest};
#[cfg(feature = "tower-http-client")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower-http-client")))]
pub use self::tower::{layer, HttpClient, HttpClientLayer, ResponseFuture};
