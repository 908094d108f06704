//! The span of one record of a batch, around a function with `#[ddlambda::record]`.

mod probe;

use std::fmt::{Debug, Display};
use std::future::Future;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::active::Active;
use crate::config::{Behavior, Config};
use crate::contained::contained;
use crate::invocation::handler::Parent;
use crate::invocation::{head_of, running, Failure};
use crate::json::Json;
use crate::panic;
use crate::printed::printed;
use crate::propagation::{Carrier, IntoTraceContext, TraceContext};
use crate::span::{Span, SpanLink};
use crate::trigger::record::Described;

pub use probe::{
    RecordProbe, ResultProbe, ViaAnything, ViaDebug, ViaDisplay, ViaErr, ViaError, ViaSerialize,
    ViaSilence,
};

/// The options of `#[ddlambda::record(..)]`, and the function it is on.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The function's name.
    pub function: &'static str,
    /// `resource = ".."`.
    pub resource: Option<&'static str>,
    /// `parent = ".."`.
    pub parent: Parent,
}

/// What is known of a record: its trace headers, and its JSON form.
type Seen = (Option<Carrier>, Option<Vec<u8>>);

/// The span of one record, open until it is [ended](Recording::end) or dropped.
#[derive(Debug)]
#[must_use]
pub struct Recording(Option<Active>);

impl Recording {
    /// Opens the span. `look` is only called if there is an invocation to open it in.
    pub fn begin(record: &'static Record, look: impl FnOnce() -> Seen) -> Self {
        let above = Active::get().or_else(|| {
            // A task of its own. The invocation it belongs to is only known if no other is running.
            let only = running::only().map(Active::root);
            only.filter(|_| Config::get().trace_enabled)
        });
        let Some(above) = above else {
            return Self(None);
        };
        // What prints itself as JSON is the user's.
        let seen = contained(look).unwrap_or_default();
        Self(open(record, above, seen))
    }

    /// Runs a function within the span.
    pub fn call<R>(&self, call: impl FnOnce() -> R) -> R {
        let Some(active) = &self.0 else {
            return call();
        };
        let called = active.enter(|| catch_unwind(AssertUnwindSafe(call)));
        called.unwrap_or_else(|payload| {
            let failure = panic::caught(&*payload);
            active.change(|span| failure.mark(span));
            resume_unwind(payload)
        })
    }

    /// Runs a future within the span.
    pub fn run<F: Future>(&self, future: F) -> RecordFuture<'_, F> {
        RecordFuture {
            future,
            recording: self,
        }
    }

    /// Ends the span, with the error that the function returned, if any.
    pub fn end(mut self, failure: Option<ResultFailure>) {
        if let Some(active) = self.0.take() {
            if let Some(ResultFailure(failure)) = failure {
                active.change(|span| failure.mark(span));
            }
            active.close();
        }
    }
}

/// Ends the span after a panic, or if the function's future is dropped before it completes.
impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(active) = self.0.take() {
            active.change(|span| {
                if !span.error {
                    Failure::of_drop("the future of the record").mark(span);
                }
            });
            active.close();
        }
    }
}

/// An error that a function returned.
#[derive(Debug)]
pub struct ResultFailure(Failure);

impl ResultFailure {
    fn of_shown<E: Debug + Display>(error: &E) -> Self {
        Self(Failure::of_shown(error))
    }

    fn of_error<E: Debug>(error: &E) -> Self {
        Self(Failure::of_error(error))
    }

    fn of_text<E: Display>(error: &E) -> Self {
        Self(Failure::of_type::<E>(printed(format_args!("{error}"))))
    }

    fn of_type<E>(_: &E) -> Self {
        Self(Failure::of_type::<E>(String::new()))
    }
}

pin_project! {
    /// A future within the span of a record.
    #[derive(Debug)]
    #[must_use]
    pub struct RecordFuture<'a, F> {
        #[pin]
        future: F,
        recording: &'a Recording,
    }
}

impl<F: Future> Future for RecordFuture<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        this.recording.call(|| future.poll(cx))
    }
}

fn open(record: &Record, above: Active, (carrier, json): Seen) -> Option<Active> {
    let json = json.unwrap_or_default();
    let described = Described::read(Json::new(&json));
    let typed = carrier.and_then(Carrier::into_trace_context);
    let config = Config::get();
    let context = TraceContext::or_else(typed, || described.context)
        .filter(|context| context.trace_id() != 0)
        .filter(|_| config.propagation.behavior != Behavior::Ignore);
    let parent = match config.propagation.behavior {
        Behavior::Restart => Parent::Link,
        _ => record.parent,
    };

    let mut span = Span::new(described.operation, above.span_id, 0);
    span.kind = "worker".into();
    span.resource = Some(record.resource.unwrap_or(record.function).into());
    span.tags = described.tags;
    span.tags.push("span.kind", "consumer");
    span.links
        .extend(described.pointer.filter(|_| config.span_pointers));
    match (context, parent) {
        (None, _) => {}
        (Some(context), Parent::Link) => {
            span.links.push(context.link());
            span.links.extend(context.links);
        }
        (Some(context), Parent::Child) => continue_trace(&mut span, context, &above),
    }
    span.start = above.invocation.now();
    above.child(span)
}

/// Puts the span into the trace of the record's producer, with a link to its parent in the invocation's trace.
fn continue_trace(span: &mut Span, mut context: TraceContext, above: &Active) {
    let head = above.head();
    span.links.push(SpanLink {
        trace_id: head.trace_id,
        span_id: above.span_id,
        ..SpanLink::default()
    });
    span.links.append(&mut context.links);
    // The record's own tags take precedence.
    let own = std::mem::replace(&mut span.tags, std::mem::take(&mut context.root_tags));
    span.tags.update(&own);
    context
        .baggage
        .tag(&Config::get().propagation, &mut span.tags);
    if let Some(id) = context.last_datadog_parent.take() {
        span.tags.push("_dd.parent_id", &id);
    }
    span.parent_id = context.parent_id;
    span.head = Some(Arc::new(head_of(context)));
}
