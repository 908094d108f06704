//! A response that continues after the handler has returned: `aws.lambda` ends with it.

use std::task::{Context, Poll, Waker};

use super::outcome::Outcome;
use super::{Invocation, ResponseFacts, State};

/// The progress of a response.
#[derive(Debug, Default)]
pub(super) struct Streaming {
    stage: Stage,
    /// In milliseconds, from the beginning of `aws.lambda`.
    first_byte: Option<f64>,
    /// Whether `first_byte` has been counted as a metric.
    counted: bool,
    /// Whether the response is, or was, streamed.
    began: bool,
}

#[derive(Debug, Default)]
enum Stage {
    /// The response is complete when the handler ends, or the stream has ended.
    #[default]
    Whole,
    /// The stream continues; the waker of a task that waits for its end, if any.
    Streams(Option<Waker>),
}

impl Streaming {
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.stage, Stage::Streams(_))
    }

    /// Whether the caller received the status before the whole response.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// Ends the stream and returns the waker of the task that waits for that.
    pub(super) fn end(&mut self) -> Option<Waker> {
        match std::mem::take(&mut self.stage) {
            Stage::Streams(waker) => waker,
            Stage::Whole => None,
        }
    }

    pub(super) fn time_to_first_byte(&self) -> Option<f64> {
        self.first_byte
    }

    /// The same, but only on the first call, for the metric.
    pub(super) fn take_time_to_first_byte(&mut self) -> Option<f64> {
        let first_byte = self.first_byte.filter(|_| !self.counted);
        self.counted |= first_byte.is_some();
        first_byte
    }
}

impl State {
    /// Notes the first failure of a streamed response. The caller already has the status.
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
    /// Notes that the handler has succeeded with a response that is streamed.
    pub(crate) fn streams(&self, facts: ResponseFacts) {
        let mut state = self.lock();
        if !state.sent {
            state.streaming.stage = Stage::Streams(None);
            state.streaming.began = true;
        }
        state.outcome = Some(Outcome::Success(facts));
    }

    /// Notes that the first part of the response is sent now.
    pub(crate) fn began_to_stream(&self) {
        let now = self.now();
        let mut state = self.lock();
        let nanos = now.saturating_sub(state.root.start);
        state.streaming.first_byte = Some(nanos as f64 / 1e6);
    }

    /// Notes that the stream ends now, either `to_the_end` or because nobody reads the rest.
    pub(crate) fn streamed(&self, to_the_end: bool) {
        let now = self.now();
        let mut state = self.lock();
        if !state.streaming.goes_on() {
            return;
        }
        // The other reason for an early end is a panic in the stream.
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

    /// Whether the response continues after the handler has returned.
    pub(crate) fn is_streaming(&self) -> bool {
        self.lock().streaming.goes_on()
    }

    /// Ready when the response is complete, or when its spans have been sent because time ran out.
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
