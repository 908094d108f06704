//! The active span, and the public functions that apply to it.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::sync::Arc;

#[cfg(feature = "tracing")]
use tracing_subscriber::registry::{LookupSpan, Registry, SpanRef};

use crate::config::Config;
#[cfg(feature = "tracing")]
use crate::invocation::sandbox;
use crate::invocation::{Failure, Invocation};
use crate::metric::MetricValue;
use crate::printed::printed;
use crate::propagation::{self, Baggage, Carrier, Inject, Outgoing};
use crate::span::{Head, Span};

/// A span of an invocation, or of a unit of work.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) span_id: u64,
    /// The slot among the child spans; `None` for the root span.
    pub(crate) place: Option<usize>,
    /// The head of its trace, if that is not the trace of the invocation.
    pub(crate) head: Option<Arc<Head>>,
}

tokio::task_local! {
    /// The record or unit of work that the running task is executing.
    static ENTERED: Entered;
}

/// The span of a record or a unit of work, while code runs in it.
struct Entered {
    active: Active,
    /// The span of the `tracing` crate that encloses it.
    #[cfg(feature = "tracing")]
    around: Option<tracing::Id>,
}

impl Active {
    /// The innermost active span: of the `tracing` crate or of a record, or else the root span of the task's invocation or
    /// unit of work.
    ///
    /// `None` if tracing is disabled.
    pub(crate) fn get() -> Option<Self> {
        #[cfg(feature = "tracing")]
        let entered = entered();
        #[cfg(not(feature = "tracing"))]
        let entered = None;
        entered
            .or_else(Self::of_task)
            .filter(|_| Config::get().trace_enabled)
    }

    /// The active span other than those of the `tracing` crate: of a record, or else the root span.
    pub(crate) fn of_task() -> Option<Self> {
        let entered = ENTERED.try_with(|entered| entered.active.clone()).ok();
        entered.or_else(|| Invocation::current().map(Self::root))
    }

    /// The span below which to record new ones, other than those of the `tracing` crate: the same, or else `aws.lambda.load`
    /// before the first invocation.
    #[cfg(any(
        feature = "tracing",
        feature = "aws-sdk",
        feature = "reqwest",
        feature = "tower-http-client"
    ))]
    pub(crate) fn to_record() -> Option<Self> {
        let startup = || crate::invocation::startup::current().map(Self::root);
        let found = Self::of_task().or_else(startup);
        found.filter(|_| Config::get().trace_enabled)
    }

    /// Makes this span, of a record or a unit of work, the active one while `call` runs.
    pub(crate) fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        let entered = Entered {
            active: self.clone(),
            #[cfg(feature = "tracing")]
            around: tracing::dispatcher::get_default(|dispatch| {
                dispatch.current_span().id().cloned()
            }),
        };
        self.invocation.enter(|| ENTERED.sync_scope(entered, call))
    }

    /// The root span of an invocation.
    pub(crate) fn root(invocation: Arc<Invocation>) -> Self {
        Self {
            span_id: invocation.root_id(),
            invocation,
            place: None,
            head: None,
        }
    }

    /// Opens a child span, in the same trace unless it has its own; `None` if there is no room.
    pub(crate) fn child(self, mut span: Box<Span>) -> Option<Self> {
        if span.head.is_none() {
            span.head = self.head;
        }
        let (span_id, head) = (span.id, span.head.clone());
        Some(Self {
            place: Some(self.invocation.open(span)?),
            invocation: self.invocation,
            span_id,
            head,
        })
    }

    /// Ends the span; a root span ends with its invocation.
    pub(crate) fn close(&self) {
        if let Some(place) = self.place {
            self.invocation.close(place, self.span_id);
        }
    }

    /// Removes the span as if it had never been opened; a root span stays.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn discard(&self) {
        if let Some(place) = self.place {
            self.invocation.discard(place, self.span_id);
        }
    }

    /// What all spans of its trace share.
    pub(crate) fn head(&self) -> Arc<Head> {
        match &self.head {
            Some(head) => Arc::clone(head),
            None => self.invocation.head(),
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Span)) {
        let mut change = Some(change);
        self.change_by(&mut |span| {
            if let Some(change) = change.take() {
                change(span);
            }
        });
    }

    // By a `dyn` reference, so that this code is not instantiated for every change.
    fn change_by(&self, change: &mut dyn FnMut(&mut Span)) {
        match self.place {
            Some(place) => self.invocation.change(place, self.span_id, change),
            None => self.invocation.change_root(change),
        }
    }

    /// Injects the trace context with this span as the parent; nothing if the trace is not known yet.
    pub(crate) fn inject(&self, into: &mut dyn Inject) {
        // The context leaves the process: the sampling decision is final from now on.
        let told = match &self.head {
            // For another trace that a record continues, the baggage is among its tags.
            Some(head) => Some((Arc::clone(head), Baggage::default())),
            None => self.invocation.decided(),
        };
        let Some((head, baggage)) = told else {
            return;
        };
        let outgoing = Outgoing {
            trace_id: head.trace_id,
            span_id: self.span_id,
            priority: head.priority,
            origin: head.origin.as_deref(),
            tags: &head.tags,
            tracestate: head.tracestate.as_deref(),
            baggage: &baggage,
        };
        if let Err(reason) = propagation::inject(&outgoing, into) {
            let mark = &mut |span: &mut Span| span.tags.set("_dd.propagation_error", reason);
            match self.head {
                Some(_) => self.change_by(mark),
                None => self.invocation.change_root(mark),
            }
        }
    }

    /// The baggage of the trace; empty for a record that continues another trace, whose baggage is among its tags.
    pub(crate) fn baggage(&self) -> Baggage {
        match &self.head {
            Some(_) => Baggage::default(),
            None => self.invocation.baggage(),
        }
    }
}

/// The recorded span of a `tracing` span, kept in its extensions.
#[cfg(feature = "tracing")]
pub(crate) struct Recorded(pub(crate) Active);

/// The innermost recorded span, from `entry` outwards.
#[cfg(feature = "tracing")]
pub(crate) fn recorded<'a, R: LookupSpan<'a>>(entry: SpanRef<'a, R>) -> Option<Active> {
    up_to(None, entry)
}

/// The same, but only up to the span that encloses the current record or unit, since that is nested inside it.
#[cfg(feature = "tracing")]
pub(crate) fn within<'a, R: LookupSpan<'a>>(entry: SpanRef<'a, R>) -> Option<Active> {
    let around = ENTERED.try_with(|entered| entered.around.clone());
    up_to(around.ok().flatten(), entry)
}

// Not inlined: it accesses the registry in several places and has several callers.
#[cfg(feature = "tracing")]
#[inline(never)]
fn up_to<'a, R>(around: Option<tracing::Id>, entry: SpanRef<'a, R>) -> Option<Active>
where
    R: LookupSpan<'a>,
{
    let mut entry = entry;
    loop {
        if around.as_ref() == Some(&entry.id()) {
            return None;
        }
        if let Some(active) = own(&entry) {
            return Some(active);
        }
        // Looked up one by one, because the first is nearly always recorded.
        entry = entry.parent()?;
    }
}

/// The recorded span of exactly this `tracing` span.
#[cfg(feature = "tracing")]
pub(crate) fn own<'a, R: LookupSpan<'a>>(entry: &SpanRef<'a, R>) -> Option<Active> {
    let extensions = entry.extensions();
    let Recorded(active) = extensions.get()?;
    // A span that the program keeps open around `run` is not the parent of invocations.
    let counts = !active.invocation.is_startup() || sandbox::awaits_first();
    counts.then(|| active.clone())
}

/// The innermost recorded span that is entered on this thread.
#[cfg(feature = "tracing")]
fn entered() -> Option<Active> {
    tracing::dispatcher::get_default(|dispatch| {
        let current = dispatch.current_span();
        let registry = dispatch.downcast_ref::<Registry>()?;
        within(registry.span(current.id()?)?)
    })
}

/// Returns the active span.
///
/// This is the innermost entered span of the `tracing` crate or of a [record](macro@crate::record), otherwise
/// `aws.lambda` or the span of the [unit of work](crate::host). Outside an invocation or a unit there is none, and the
/// setters of the handle have no effect.
///
/// ```
/// let span = ddlambda::current_span();
/// span.set_tag("order.id", 17);
/// assert_eq!(span.span_id(), None, "no invocation here");
/// ```
#[must_use]
pub fn current_span() -> CurrentSpan {
    CurrentSpan(Active::get())
}

/// A handle to the span that was active when [`current_span`] was called.
///
/// It refers to the same span wherever it is used, including in other tasks and threads.
#[derive(Clone, Debug)]
pub struct CurrentSpan(Option<Active>);

impl CurrentSpan {
    /// Returns the 128-bit trace id, or `None` outside an invocation.
    #[must_use]
    pub fn trace_id(&self) -> Option<u128> {
        let active = self.0.as_ref()?;
        Some(active.head().trace_id).filter(|id| *id != 0)
    }

    /// Returns the id of the span, or `None` outside an invocation.
    #[must_use]
    pub fn span_id(&self) -> Option<u64> {
        self.0.as_ref().map(|active| active.span_id)
    }

    /// Sets a text tag, replacing any previous value.
    ///
    /// `manual.keep` and `manual.drop` do not become tags. Unless the value is `false` or `0`, they keep or drop the
    /// whole trace, overriding its sampling decision.
    pub fn set_tag(&self, name: impl Into<Cow<'static, str>>, value: impl Display) {
        if self.0.is_some() {
            let (name, value) = (name.into(), printed(format_args!("{value}")));
            self.change(|span| span.set_tag(&name, &value));
        }
    }

    /// Sets a numeric tag, which can be searched by range and graphed. Values that are not finite are ignored.
    pub fn set_metric(&self, name: impl Into<Cow<'static, str>>, value: impl MetricValue) {
        let value = value.number();
        if value.is_finite() {
            let name = name.into();
            self.change(|span| span.set_metric(&name, value));
        }
    }

    /// Marks the span as failed, with the type, message and `Debug` form of the error.
    pub fn set_error(&self, error: &(impl Display + Debug + ?Sized)) {
        let failure = Failure::of_shown(error);
        self.change(|span| failure.mark(span));
    }

    /// Sets the resource name, which says what was worked on, such as `GET /orders/{id}`.
    pub fn set_resource(&self, resource: impl Into<Cow<'static, str>>) {
        let resource = resource.into();
        self.change(|span| span.resource = Some(resource));
    }

    fn change(&self, change: impl FnOnce(&mut Span)) {
        if let Some(active) = &self.0 {
            active.change(change);
        }
    }
}

/// Sets a text tag on the [active span](current_span), replacing any previous value.
///
/// `manual.keep` and `manual.drop` keep or drop the whole trace instead, see [`CurrentSpan::set_tag`].
pub fn set_tag(name: impl Into<Cow<'static, str>>, value: impl Display) {
    current_span().set_tag(name, value);
}

/// Sets a numeric tag on the [active span](current_span). Values that are not finite are ignored.
///
/// ```
/// let records = ["black", "green"];
/// ddlambda::set_metric("records", records.len());
/// ddlambda::set_metric("price", 12.5);
/// ddlambda::set_metric("retried", false);
/// ```
pub fn set_metric(name: impl Into<Cow<'static, str>>, value: impl MetricValue) {
    current_span().set_metric(name, value);
}

/// Marks the [active span](current_span) as failed, with the type, message and `Debug` form of the error.
///
/// An error that the handler returns marks `aws.lambda` automatically. Use this function for errors that it handles.
pub fn set_error(error: &(impl Display + Debug + ?Sized)) {
    current_span().set_error(error);
}

/// Sets the resource name of the [active span](current_span), such as `GET /orders/{id}`.
pub fn set_resource(resource: impl Into<Cow<'static, str>>) {
    current_span().set_resource(resource);
}

/// Returns the active trace context as headers, to add to a message or a request that [`inject`] cannot write to.
///
/// The active span becomes the parent of the receiver's spans. The headers are empty outside an invocation.
///
/// ```
/// let message = serde_json::json!({"order": 17, "_datadog": ddlambda::trace_headers()});
/// # assert_eq!(message.to_string(), r#"{"_datadog":{},"order":17}"#);
/// ```
#[must_use]
pub fn trace_headers() -> Carrier {
    let mut carrier = Carrier::default();
    inject(&mut carrier);
    carrier
}

/// Writes the active trace context into a carrier.
///
/// A carrier is an [`http::HeaderMap`], a [`Carrier`], a map of strings, a list of string pairs, a payload that derives
/// [`TraceCarrier`](crate::TraceCarrier), or any other type that implements [`Inject`]. The active span becomes the
/// parent of the receiver's spans. Outside an invocation, the carrier is left unchanged.
///
/// ```
/// let mut request = http::Request::get("http://payments.internal/").body(()).unwrap();
/// ddlambda::inject(request.headers_mut());
/// ```
pub fn inject(into: &mut impl Inject) {
    if let Some(active) = Active::get() {
        active.inject(into);
    }
}
