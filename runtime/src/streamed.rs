//! The body of a streamed response.
//!
//! The runtime polls it in a task of its own, outside of everything around the handler.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::invocation::{Failure, Invocation};
use crate::panic::watched;

/// The stream that the handler has returned; it reports its progress to the invocation.
pub(crate) struct Streamed<S> {
    stream: S,
    told: Option<Told>,
}

impl<S> Streamed<S> {
    pub(crate) fn new(stream: S, invocation: Option<Arc<Invocation>>) -> Self {
        Self {
            stream,
            told: invocation.map(|invocation| Told {
                invocation,
                begun: false,
                whole: false,
            }),
        }
    }
}

impl<S, D, E> Stream for Streamed<S>
where
    S: Stream<Item = Result<D, E>> + Unpin,
    E: Debug,
{
    type Item = Result<D, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { stream, told } = self.get_mut();
        let next = Pin::new(stream);
        let Some(told) = told else {
            return next.poll_next(cx);
        };
        let polled = told.watched(|| next.poll_next(cx));
        match &polled {
            Poll::Ready(Some(Ok(_))) => told.part(),
            // The runtime writes the error into the response, and continues to poll.
            Poll::Ready(Some(Err(error))) => {
                told.invocation.failed(Failure::of_error(error));
            }
            Poll::Ready(None) => {
                told.whole = true;
                told.invocation.streamed(true);
            }
            Poll::Pending => {}
        }
        polled
    }
}

/// The invocation, which is notified of the end even if the stream is dropped.
struct Told {
    invocation: Arc<Invocation>,
    begun: bool,
    whole: bool,
}

impl Told {
    /// Runs user code within the invocation. A panic is noted and resumed, so that the runtime ends the response.
    fn watched<R>(&self, run: impl FnOnce() -> R) -> R {
        watched(Some(&self.invocation), || self.invocation.enter(run))
    }

    fn part(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.invocation.began_to_stream();
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.whole {
            self.invocation.streamed(false);
        }
    }
}
