//! A response that goes on after the handler: `aws.lambda` lasts as long.

use std::task::{Context, Poll, Waker};

use super::outcome::Outcome;
use super::{Invocation, ResponseFacts, State};

/// How far the response is.
#[derive(Debug, Default)]
pub(super) struct Streaming {
    stage: Stage,
    /// In milliseconds, from the begin of `aws.lambda`.
    first_byte: Option<f64>,
    /// Whether that has been counted.
    counted: bool,
    /// Whether the response was one that goes on after the handler, also when it is over.
    began: bool,
}

#[derive(Debug, Default)]
enum Stage {
    /// It is whole when the handler ends, or the stream has ended.
    #[default]
    Whole,
    /// The stream goes on; somebody may wait for its end.
    Streams(Option<Waker>),
}

impl Streaming {
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.stage, Stage::Streams(_))
    }

    /// Whether the caller has had the status before the response was whole.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// Ends it, and returns who waits for that.
    pub(super) fn end(&mut self) -> Option<Waker> {
        match std::mem::take(&mut self.stage) {
            Stage::Streams(waker) => waker,
            Stage::Whole => None,
        }
    }

    pub(super) fn time_to_first_byte(&self) -> Option<f64> {
        self.first_byte
    }

    /// The same, once.
    pub(super) fn take_time_to_first_byte(&mut self) -> Option<f64> {
        let first_byte = self.first_byte.filter(|_| !self.counted);
        self.counted |= first_byte.is_some();
        first_byte
    }
}

impl State {
    /// Notes a failure of a response that goes on or went on, the first one. The caller has the status.
    pub(super) fn break_off(&mut self, outcome: Outcome) {
        if let (Some(Outcome::Success(facts)), Outcome::Failure(mut failure)) =
            (&mut self.outcome, outcome)
        {
            failure.answered = facts.status.take();
            self.outcome = Some(Outcome::Failure(failure));
        }
    }
}

impl Invocation {
    /// Notes that the handler has ended well, with a response that goes on.
    pub(crate) fn streams(&self, facts: ResponseFacts) {
        let mut state = self.lock();
        if !state.sent {
            state.streaming.stage = Stage::Streams(None);
            state.streaming.began = true;
        }
        state.outcome = Some(Outcome::Success(facts));
    }

    /// Notes that the first part of the response goes out now.
    pub(crate) fn began_to_stream(&self) {
        let now = self.now();
        let mut state = self.lock();
        let nanos = now.saturating_sub(state.root.start);
        state.streaming.first_byte = Some(nanos as f64 / 1e6);
    }

    /// Notes that the stream is over now: `to_the_end`, or nobody wants the rest.
    pub(crate) fn streamed(&self, to_the_end: bool) {
        let now = self.now();
        let mut state = self.lock();
        if !state.streaming.goes_on() {
            return;
        }
        // A panic in it is the other reason why it ends early.
        if !to_the_end && !matches!(state.outcome, Some(Outcome::Failure(_))) {
            state.root.tags.set("http.response.aborted", "true");
        }
        state.root.finish(now);
        let waiting = state.streaming.end();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Whether the response goes on after the handler.
    pub(crate) fn is_streaming(&self) -> bool {
        self.lock().streaming.goes_on()
    }

    /// Ready when the response is whole, or its spans have been sent because there is no more time.
    pub(crate) fn poll_streamed(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.lock().streaming.stage {
            Stage::Whole => Poll::Ready(()),
            Stage::Streams(waiting) => {
                *waiting = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
