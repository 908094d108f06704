//! What happened, in order.

use std::fmt;
use std::time::Instant;

/// An entry in the [journal](super::Lambda::journal) of a [`Lambda`](super::Lambda).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Moment {
    /// The position in the journal, starting from zero.
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
    /// The function requested its next event, which means that it is done with the previous one.
    NextRequested,
    /// The function, under SnapStart, is ready for its snapshot. It is restored when there is an event.
    SnapshotReady,
    /// The function was restored from its snapshot.
    Restored,
    /// The process was frozen until the next event.
    Frozen,
    /// The process was resumed.
    Thawed,
    /// The function was sent an event.
    EventSent {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function's response arrived completely.
    ResponseReceived {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function's response was acknowledged when it began, see
    /// [`acknowledge_early`](super::Invocation::acknowledge_early).
    AcknowledgedEarly {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The connection was closed before the function's response was complete, see
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
    /// The function reported that it failed to start.
    InitErrorReceived,
    /// Spans arrived: the agent accepted a chunk of a trace, or the function logged one.
    TraceReceived {
        /// The `request_id` tag of the chunk's `aws.lambda` span, if there is one.
        request_id: Option<String>,
        /// The number of spans.
        spans: usize,
    },
    /// The deadline passed without a response, and the function is ended.
    TimedOut {
        /// The request id of the invocation.
        request_id: String,
    },
    /// The function has ended.
    ProcessExited {
        /// The exit code, or `None` if a signal ended the function, such as that of [`TimedOut`](Event::TimedOut).
        code: Option<i32>,
    },
}
