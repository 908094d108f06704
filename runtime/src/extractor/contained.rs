//! Extractors that panic, or find nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Extractor, RawEvent};
use crate::contained;
use crate::TraceContext;

/// Runs an extractor. A panic counts as finding no trace context, which is logged as one debug line.
///
/// Not an `async fn`, whose future would hold `event` (and thus require `Ev: Sync`) even for plain extractors.
pub(crate) fn contained<'a, Ev, X, M>(
    extractor: X,
    event: &'a Ev,
    raw: Option<RawEvent<'a>>,
) -> impl Future<Output = Option<TraceContext>> + use<'a, Ev, X, M>
where
    X: Extractor<Ev, M>,
{
    Contained::new(X::IS_ONE, || extractor.extract(event, raw))
}

pin_project! {
    /// A future that completes with `None` if it panics.
    pub(super) struct Contained<F> {
        // `None` if creating it panicked.
        #[pin]
        future: Option<F>,
        // Whether to log that nothing was found.
        says_so: bool,
    }
}

impl<F> Contained<F> {
    pub(super) fn new(says_so: bool, make: impl FnOnce() -> F) -> Self {
        Self {
            future: unpanicked(make),
            says_so,
        }
    }
}

impl<T, F: Future<Output = Option<T>>> Future for Contained<F> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(polled) = unpanicked(|| future.poll(cx)) else {
            return Poll::Ready(None);
        };
        if *this.says_so && matches!(polled, Poll::Ready(None)) {
            say("the trace extractor found no context");
        }
        polled
    }
}

/// The result of `call`, or `None` if it panics.
fn unpanicked<T>(call: impl FnOnce() -> T) -> Option<T> {
    let result = contained::contained(call);
    if result.is_none() {
        say("the trace extractor panicked; going on without it");
    }
    result
}

// A separate function, because the code above is instantiated for every extractor.
#[cold]
fn say(what: &str) {
    contained::say(&|| tracing::debug!(target: "ddlambda", "{what}"));
}
