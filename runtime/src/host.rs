//! Servers, workers and jobs outside Lambda.
//!
//! A [`Unit`] is a unit of work: one request, message or job. It is to such a program what an invocation is to a
//! function.
//!
//! ```no_run
//! use ddlambda::host;
//!
//! #[tracing::instrument]
//! async fn charge(order: u64) -> Result<(), std::io::Error> {
//!     let headers = ddlambda::trace_headers(); // for whom is called from here
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() {
//!     ddlambda::init();
//!     let request = http::Request::post("/orders/17").body(()).unwrap();
//!     let charged = host::unit("web.request")
//!         .resource("POST /orders/{id}")
//!         .span_type("web")
//!         .span_kind("server")
//!         .continuing(request.headers())
//!         .try_run(charge(17))
//!         .await;
//!     # let _ = charged;
//!     host::flush().await;
//! }
//! ```
//!
//! # Within a unit
//!
//! Everything that works in an invocation works in a unit: spans of the `tracing` crate, after [`init`](crate::init) or
//! with a [layer](crate::tracing::layer()) of your own; [`current_span`](crate::current_span), [`inject`](crate::inject)
//! and [`baggage`](crate::baggage()); and ids in log lines.
//!
//! # Where traces are sent
//!
//! To the Datadog Agent on the same host, at port 8126, unless `DD_AGENT_HOST`, `DD_TRACE_AGENT_PORT` or
//! `DD_TRACE_AGENT_URL` names another one. `DD_SERVICE` sets the service, which defaults to the program's name.
//!
//! A background thread sends the spans, about once a second. Call [`flush`] before the program exits, to send the last
//! ones. Spans that a slow or absent agent does not accept in time are dropped, counted and logged.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::active::Active;
use crate::config::Config;
use crate::export;
use crate::invocation::{Failure, Invocation, Outcome, ResponseFacts};
use crate::panic::watched;
use crate::propagation::{IntoTraceContext, TraceContext};
use crate::span::Span;
use crate::start;

/// Creates a unit of work with this operation name, such as `web.request` or `queue.process`.
///
/// ```
/// let double = ddlambda::host::unit("double").call(|| 2 * 21);
/// assert_eq!(double, 42);
/// ```
pub fn unit(name: impl Into<Cow<'static, str>>) -> Unit {
    Unit {
        span: Span::new(name, 0, 0),
        context: None,
    }
}

/// Sends the spans of all units that have ended, and waits until that is done.
///
/// Call it before the program exits or is suspended. Each request waits for the agent's response for at most
/// `DD_TRACE_AGENT_TIMEOUT_SECONDS`.
pub async fn flush() {
    export::flush().await;
}

/// Does the same as [`flush`] where there is no executor, and blocks the current thread.
pub fn flush_blocking() {
    export::flush_blocking(Duration::MAX);
}

/// A unit of work that has not started yet, created by [`unit()`].
///
/// Its span is the root span of this process in its trace, whatever span is active around it. It starts when the unit is
/// run and ends with what is run. A panic marks it as failed and is passed on to the caller; a future that is dropped
/// before completion marks it as failed as well. With `DD_TRACE_ENABLED=false` nothing is traced.
///
/// A task that is spawned within a unit belongs to it if it runs in a `tracing` span that was created there:
/// `task.instrument(info_span!("step"))`. Spans that outlive the unit are sent when they end.
#[derive(Debug)]
#[must_use = "a unit of work does nothing unless it is run"]
pub struct Unit {
    span: Box<Span>,
    context: Option<TraceContext>,
}

impl Unit {
    /// Sets the service that does the work. Defaults to `DD_SERVICE`, otherwise to the program's name.
    pub fn service(mut self, service: impl Into<Cow<'static, str>>) -> Self {
        self.span.service = Some(service.into());
        self
    }

    /// Sets the resource, which says what is worked on, such as `GET /orders/{id}`. Defaults to the operation name.
    pub fn resource(mut self, resource: impl Into<Cow<'static, str>>) -> Self {
        self.span.resource = Some(resource.into());
        self
    }

    /// Sets the span type, such as `web` or `worker`. There is none by default.
    pub fn span_type(mut self, span_type: impl Into<Cow<'static, str>>) -> Self {
        self.span.kind = span_type.into();
        self
    }

    /// Sets the tag `span.kind`, the role in the call: `server`, `consumer`, `internal` and so on. Not set by default.
    pub fn span_kind(mut self, span_kind: impl AsRef<str>) -> Self {
        self.span.tags.set("span.kind", span_kind);
        self
    }

    /// Continues the trace of the caller.
    ///
    /// `context` is the headers of the request or message, or any other [trace context](IntoTraceContext). If it contains
    /// none, or without this call, the unit starts a new trace.
    ///
    /// `DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT` can turn the context into a span link, or discard it.
    pub fn continuing(mut self, context: impl IntoTraceContext) -> Self {
        self.context = context.into_trace_context();
        self
    }

    /// Runs a future as this unit.
    ///
    /// # Panics
    ///
    /// Panics of the future are passed on.
    pub fn run<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        Running {
            future: Some(future),
            unit: Some(self),
            begun: None,
            failure: |_| None,
        }
    }

    /// Runs a future as this unit, which an `Err` marks as failed.
    ///
    /// # Errors
    ///
    /// Returns the error of the future.
    ///
    /// # Panics
    ///
    /// Panics of the future are passed on.
    pub fn try_run<F, T, E>(self, future: F) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        E: Debug + Display,
    {
        Running {
            future: Some(future),
            unit: Some(self),
            begun: None,
            failure: failure::<T, E>,
        }
    }

    /// Calls a function as this unit.
    ///
    /// # Panics
    ///
    /// Panics of the function are passed on.
    pub fn call<R>(self, call: impl FnOnce() -> R) -> R {
        self.call_and(call, |_| None)
    }

    /// Calls a function as this unit, which an `Err` marks as failed.
    ///
    /// # Errors
    ///
    /// Returns the error of the function.
    ///
    /// # Panics
    ///
    /// Panics of the function are passed on.
    pub fn try_call<T, E>(self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: Debug + Display,
    {
        self.call_and(call, failure::<T, E>)
    }

    fn call_and<R>(self, call: impl FnOnce() -> R, failure: fn(&R) -> Option<Failure>) -> R {
        let Some(begun) = self.begin() else {
            return call();
        };
        let result = begun.enter(call);
        begun.end(failure(&result));
        result
    }

    /// Begins the unit; `None` if nothing is traced.
    fn begin(self) -> Option<Begun> {
        start::prepare();
        let traced = Config::get().trace_enabled;
        traced.then(|| {
            Begun(Active::root(Invocation::begin_unit(
                self.span,
                self.context,
            )))
        })
    }
}

fn failure<T, E: Debug + Display>(result: &Result<T, E>) -> Option<Failure> {
    result.as_ref().err().map(Failure::of_shown)
}

/// A unit of work in progress. It ends when dropped, and so also if its future is.
#[derive(Debug)]
struct Begun(Active);

impl Begun {
    fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        self.0.enter(|| watched(Some(&self.0.invocation), call))
    }

    fn end(self, failure: Option<Failure>) {
        self.0.invocation.ended(match failure {
            None => Outcome::Success(ResponseFacts::default()),
            Some(failure) => Outcome::Failure(failure),
        });
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let invocation = &self.0.invocation;
        invocation.failed(Failure::of_drop("the future of the unit"));
        invocation.send_unit();
    }
}

pin_project! {
    /// Runs a future as a unit of work. The future is dropped first, which closes the spans that it holds open.
    struct Running<F, R> {
        #[pin]
        future: Option<F>,
        unit: Option<Unit>,
        begun: Option<Begun>,
        failure: fn(&R) -> Option<Failure>,
    }
}

impl<F: Future<Output = R>, R> Future for Running<F, R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let mut this = self.project();
        if let Some(unit) = this.unit.take() {
            *this.begun = unit.begin();
        }
        let mut run = || {
            // A caller that polls again after completion gets `Pending`.
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                return Poll::Pending;
            };
            let result = ready!(future.poll(cx));
            this.future.set(None);
            Poll::Ready(result)
        };
        let result = ready!(match this.begun {
            Some(begun) => begun.enter(run),
            None => run(),
        });
        if let Some(begun) = this.begun.take() {
            begun.end((this.failure)(&result));
        }
        Poll::Ready(result)
    }
}
