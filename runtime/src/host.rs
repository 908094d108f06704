//! Traces of programs that are no functions: servers, workers, jobs.
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
//! A [`Unit`] of work, such as a request or a message, is to a program what an invocation is to a function. Within it
//! everything works that works within an invocation: spans of the `tracing` crate, with [`init`](crate::init) or a
//! [layer](crate::tracing::layer()) of your own, [`current_span`](crate::current_span), [`inject`](crate::inject),
//! [`baggage`](crate::baggage()), ids in logs.
//!
//! Spans are sent in the background, by a thread, within about a second; [`flush`] sends the last ones before the
//! program ends. They go to the Datadog agent on the same host, at port 8126, unless `DD_AGENT_HOST`,
//! `DD_TRACE_AGENT_PORT` or `DD_TRACE_AGENT_URL` names another one. `DD_SERVICE` is the service, or else the program's
//! name. What an agent that is slow or gone does not take in time is dropped, counted and said in the log.

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

/// A unit of work with this operation name, such as `web.request` or `queue.process`.
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

/// Sends all spans of units that have ended, and returns when that is done: before a program ends, or is suspended.
///
/// It takes no longer than the agent, and `DD_TRACE_AGENT_TIMEOUT_SECONDS` for each of its answers.
pub async fn flush() {
    export::flush().await;
}

/// The same as [`flush`], where there is no executor. It blocks the thread.
pub fn flush_blocking() {
    export::flush_blocking(Duration::MAX);
}

/// A unit of work, not begun; [`unit()`] makes one.
///
/// It is the root span of this process in its trace, wherever it runs: what is active around it is not its parent. It begins
/// when it is run, and ends with what it runs. A panic marks it and goes on; a future that is dropped before it has ended
/// ends it, and marks it, too. With `DD_TRACE_ENABLED=false` nothing is traced.
///
/// A task that is spawned within a unit belongs to it if it is given a span: `task.in_current_span()`. Spans that outlive
/// the unit are sent when they end.
#[derive(Debug)]
#[must_use = "a unit of work does nothing unless it is run"]
pub struct Unit {
    span: Box<Span>,
    context: Option<TraceContext>,
}

impl Unit {
    /// The service that does the work. Default `DD_SERVICE`, or else the name of the program.
    pub fn service(mut self, service: impl Into<Cow<'static, str>>) -> Self {
        self.span.service = Some(service.into());
        self
    }

    /// The resource: what is worked on, such as `GET /orders/{id}`. Default the operation name.
    pub fn resource(mut self, resource: impl Into<Cow<'static, str>>) -> Self {
        self.span.resource = Some(resource.into());
        self
    }

    /// The span type, such as `web` or `worker`. Default none.
    pub fn span_type(mut self, span_type: impl Into<Cow<'static, str>>) -> Self {
        self.span.kind = span_type.into();
        self
    }

    /// The side of a call that this is: `server`, `consumer`, `internal` ..., the tag `span.kind`. Default none.
    pub fn span_kind(mut self, span_kind: impl AsRef<str>) -> Self {
        self.span.tags.set("span.kind", span_kind);
        self
    }

    /// Continues the trace of whoever asked for the work: takes the headers of a request or a message, or anything else
    /// that is a trace context. Where there is none in it, and by default, the unit begins a trace.
    ///
    /// `DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT` may make a link of it instead.
    pub fn continuing(mut self, context: impl IntoTraceContext) -> Self {
        self.context = context.into_trace_context();
        self
    }

    /// Runs a future as this unit.
    pub fn run<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        Running {
            future: Some(future),
            unit: Some(self),
            begun: None,
            failure: |_| None,
        }
    }

    /// Runs a future as this unit; an error that it returns marks the unit as failed.
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
    pub fn call<R>(self, call: impl FnOnce() -> R) -> R {
        self.call_and(call, |_| None)
    }

    /// Calls a function as this unit; an error that it returns marks the unit as failed.
    ///
    /// # Errors
    ///
    /// That of the function.
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

    /// Begins the unit; `None` where nothing is traced.
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

/// A unit of work under way. It ends when it is dropped, so also where its future is.
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
    /// A future as a unit of work. The future goes first, and with it the spans that it holds open.
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
            // Who polls it after its end waits.
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
