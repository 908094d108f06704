//! What happened, in order.

use std::fmt;
use std::time::Instant;

/// One thing that happened to a [`Lambda`](super::Lambda), as [`journal`](super::Lambda::journal) returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Moment {
    /// The place in the journal, from zero.
    pub seq: usize,
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub event: Event,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.seq, self.event)
    }
}

/// What can happen to a [`Lambda`](super::Lambda).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The function asked for its next event. It does so when it is done with the one before.
    NextRequested,
    /// The function, under SnapStart, is ready for its snapshot to be taken. It is restored when there is an event.
    SnapshotReady,
    /// The function has been restored from its snapshot.
    Restored,
    /// The process stands still, until the next event is there.
    Frozen,
    /// The process goes on.
    Thawed,
    /// The function was given an event.
    EventSent {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function's response has arrived, to its last byte.
    ResponseReceived {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function was told that its response has arrived, when that had begun; see
    /// [`acknowledge_early`](super::Invocation::acknowledge_early).
    AcknowledgedEarly {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The connection with the function's response was ended before that was whole, see
    /// [`hang_up_after`](super::Invocation::hang_up_after).
    HungUp {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function reported an error.
    ErrorReceived {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function reported that it could not start.
    InitErrorReceived,
    /// Spans have arrived: the agent accepted one chunk of a trace, or the function logged one.
    TraceReceived {
        /// The `request_id` tag of the chunk's `aws.lambda` span, if there is one.
        request_id: Option<String>,
        /// How many spans.
        spans: usize,
    },
    /// The deadline passed without an answer; the function is ended.
    TimedOut {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function is gone.
    ProcessExited {
        /// Its exit code; `None` if a signal, such as that of [`TimedOut`](Event::TimedOut), ended it.
        code: Option<i32>,
    },
}
