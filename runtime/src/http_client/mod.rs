//! Spans and trace headers for calls to web services (features `reqwest` and `tower-http-client`).
//!
//! Each call becomes a span `http.request`, and the request carries the trace with that span as the parent. It begins with
//! the call and ends with the head of the response, or where the call fails or is dropped; how long the body takes is not
//! in it. A status of 400 to 499 is an error, which `DD_TRACE_HTTP_CLIENT_ERROR_STATUSES` changes.
//!
//! | on the span | what |
//! |---|---|
//! | resource | `GET /orders/7` |
//! | type | `http` |
//! | service | the function's; the host with `DD_TRACE_HTTP_CLIENT_SPLIT_BY_DOMAIN=true` |
//! | `http.method`, `http.status_code` | as text |
//! | `http.url` | without credentials; what looks like a secret in the query is `<redacted>` |
//! | `out.host`, `network.destination.port` | where it went |
//! | `span.kind`, `component` | `client`; `reqwest` or `tower` |
//! | `http.request.headers.*`, `http.response.headers.*` | the headers that `DD_TRACE_HEADER_TAGS` names |
//! | `error.type`, `error.message`, `error.stack` | if there was no response |
//!
//! Outside of an invocation, and for requests to the Lambda Runtime API, the Datadog Lambda Extension and the agent, a call is
//! what it is without tracing.

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
