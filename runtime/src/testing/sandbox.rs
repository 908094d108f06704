//! What the Lambda service knows of one function: its pending events and everything the function did.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::sync::watch;

use super::decode;
use super::journal::{Event, Moment};
use super::server::in_background;
use super::span::Chunk;
use super::trace;

/// An event to be sent to the function.
pub(super) struct Delivery {
    pub(super) request_id: String,
    pub(super) body: Vec<u8>,
    /// The `lambda-runtime-*` headers.
    pub(super) headers: Vec<(String, String)>,
    pub(super) reading: Reading,
}

/// How the service reads the response to an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// It acknowledges the response as soon as that begins.
    pub(super) acknowledges_early: bool,
    /// It closes the connection after this many bytes.
    pub(super) limit: Option<usize>,
}

/// The function's response to an event.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Response {
        content_type: String,
        body: Vec<u8>,
        /// Whether it was read completely.
        whole: bool,
    },
    Error(Vec<u8>),
}

/// Everything that changes.
#[derive(Default)]
pub(super) struct State {
    pub(super) journal: Vec<Moment>,
    pub(super) answers: HashMap<String, Answer>,
    pub(super) chunks: Vec<Chunk>,
    /// Lines of standard output and error, each with the length of the journal when it was read.
    pub(super) lines: Vec<(usize, String)>,
    pub(super) exit: Option<Option<i32>>,
    deliveries: VecDeque<Delivery>,
    /// The request ids of events that were sent and have no response yet.
    unanswered: HashMap<String, Reading>,
}

impl State {
    fn push(&mut self, event: Event) {
        if let Event::ProcessExited { code } = event {
            self.exit = Some(code);
        }
        self.journal.push(Moment {
            seq: self.journal.len(),
            at: Instant::now(),
            event,
        });
    }

    /// The index in the journal of the last event that `is` matches.
    pub(super) fn last(&self, is: impl Fn(&Event) -> bool) -> Option<usize> {
        self.journal.iter().rposition(|moment| is(&moment.event))
    }

    /// The index at which the invocation was sent to the function.
    pub(super) fn sent(&self, request_id: &str) -> Option<usize> {
        self.last(|event| matches!(event, Event::EventSent { request_id: id } if id == request_id))
    }

    /// The index at which the function was done with the invocation: it requested the next one, or it ended.
    pub(super) fn done(&self, request_id: &str) -> Option<usize> {
        let answered = self.last(|event| match event {
            Event::ResponseReceived { request_id: id }
            | Event::HungUp { request_id: id }
            | Event::ErrorReceived { request_id: id } => id == request_id,
            _ => false,
        });
        // In that case, the function may request the next event before its response has arrived completely.
        let acknowledged = self.last(
            |event| matches!(event, Event::AcknowledgedEarly { request_id: id } if id == request_id),
        );
        let from = acknowledged.or(answered);
        let from = from.or_else(|| self.sent(request_id)).unwrap_or(0);
        let is_end = |event: &Event| match event {
            Event::NextRequested => answered.is_some(),
            Event::ProcessExited { .. } => true,
            _ => false,
        };
        let later = self.journal[from..]
            .iter()
            .position(|moment| is_end(&moment.event));
        later.map(|offset| from + offset)
    }
}

/// Passes on the lines that a process has written so far, without waiting.
type ReadLines = Box<dyn Fn(&mut dyn FnMut(String)) + Send + Sync>;

/// The environment of one function.
pub(super) struct Sandbox {
    pub(super) function_name: String,
    /// Whether other functions send their traces to the same agent.
    shares_agent: bool,
    output: OnceLock<ReadLines>,
    /// The id of the process to freeze between invocations.
    freezes: OnceLock<u32>,
    state: watch::Sender<State>,
}

impl Sandbox {
    pub(super) fn new(function_name: String, shares_agent: bool) -> Arc<Self> {
        Arc::new(Self {
            function_name,
            shares_agent,
            output: OnceLock::new(),
            freezes: OnceLock::new(),
            state: watch::Sender::new(State::default()),
        })
    }

    /// Reads what a process writes from now on.
    pub(super) fn attach(
        &self,
        read_lines: impl Fn(&mut dyn FnMut(String)) + Send + Sync + 'static,
    ) {
        let _ = self.output.set(Box::new(read_lines));
    }

    /// Freezes this process between invocations from now on.
    #[cfg(unix)]
    pub(super) fn freeze_between_invocations(&self, process: u32) {
        let _ = self.freezes.set(process);
    }

    /// Stops the process, if it is to be frozen, and returns when it has stopped.
    pub(super) async fn freeze(&self) {
        if self.signal("STOP").await {
            self.record(Event::Frozen);
        }
    }

    /// Resumes the process.
    pub(super) async fn thaw(&self) {
        if self.freezes.get().is_some() {
            // Recorded first, because anything the process does comes after it.
            self.record(Event::Thawed);
        }
        self.signal("CONT").await;
    }

    async fn signal(&self, signal: &str) -> bool {
        let Some(process) = self.freezes.get() else {
            return false;
        };
        // Every shell has a built-in `kill`.
        let kill = format!("kill -{signal} {process}");
        let mut shell = Command::new("/bin/sh");
        let status = shell.args(["-c", &kill]).status().await;
        status.is_ok_and(|status| status.success())
    }

    /// Reads what the process has written so far. This is done before any event is recorded, so that lines come before what
    /// the process did after writing them.
    pub(super) fn read_output(&self) {
        let Some(read_lines) = self.output.get() else {
            return;
        };
        read_lines(&mut |line| {
            let chunks = decode::from_log_line(&line);
            self.state
                .send_modify(|state| state.lines.push((state.journal.len(), line)));
            if let Some(Ok(chunks)) = chunks {
                self.traces_received(chunks);
            }
        });
    }

    pub(super) fn record(&self, event: Event) {
        self.read_output();
        self.state.send_modify(|state| state.push(event));
    }

    pub(super) fn traces_received(&self, chunks: Vec<Chunk>) {
        self.state.send_modify(|state| {
            for chunk in chunks {
                let request_id = trace::request_id(&chunk).map(str::to_owned);
                let is_own = request_id
                    .as_deref()
                    .is_some_and(|id| state.sent(id).is_some());
                if is_own || !self.shares_agent {
                    state.push(Event::TraceReceived {
                        request_id,
                        spans: chunk.len(),
                    });
                }
                state.chunks.push(chunk);
            }
        });
    }

    /// Queues an event for the function.
    pub(super) fn deliver(&self, delivery: Delivery) {
        self.state.send_modify(|state| {
            state.answers.remove(&delivery.request_id);
            state.deliveries.push_back(delivery);
        });
    }

    /// Waits for the next event. Taking it and recording that are one step.
    pub(super) async fn next_delivery(&self) -> Delivery {
        let mut changes = self.state.subscribe();
        loop {
            changes.mark_unchanged();
            let mut delivery = None;
            self.state.send_if_modified(|state| {
                delivery = state.deliveries.pop_front();
                if let Some(Delivery {
                    request_id,
                    reading,
                    ..
                }) = &delivery
                {
                    state.unanswered.insert(request_id.clone(), *reading);
                    state.push(Event::EventSent {
                        request_id: request_id.clone(),
                    });
                }
                delivery.is_some()
            });
            if let Some(delivery) = delivery {
                return delivery;
            }
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Waits until there is an event for the function.
    pub(super) async fn event_waits(&self) {
        let mut changes = self.state.subscribe();
        let waits = changes.wait_for(|state| !state.deliveries.is_empty());
        // This cannot fail, since `self` owns the sender.
        drop(waits.await);
    }

    /// How to read the response to an event; `None` if no event with this request id awaits one.
    pub(super) fn reading(&self, request_id: &str) -> Option<Reading> {
        self.state.borrow().unanswered.get(request_id).copied()
    }

    /// Records the function's response; `false` if no event with this request id awaits one.
    pub(super) fn answer(&self, request_id: &str, answer: Answer) -> bool {
        self.read_output();
        self.state.send_if_modified(|state| {
            let is_expected = state.unanswered.remove(request_id).is_some();
            if is_expected {
                let id = request_id.to_owned();
                state.push(match answer {
                    Answer::Response { whole: true, .. } => {
                        Event::ResponseReceived { request_id: id }
                    }
                    Answer::Response { whole: false, .. } => Event::HungUp { request_id: id },
                    Answer::Error(_) => Event::ErrorReceived { request_id: id },
                });
                state.answers.insert(request_id.to_owned(), answer);
            }
            is_expected
        })
    }

    /// Records that the deadline has passed; a later response is ignored.
    pub(super) fn time_out(&self, request_id: &str) {
        self.read_output();
        self.state.send_modify(|state| {
            state
                .deliveries
                .retain(|delivery| delivery.request_id != request_id);
            state.unanswered.remove(request_id);
            state.push(Event::TimedOut {
                request_id: request_id.to_owned(),
            });
        });
    }

    /// Forgets everything, so that a function may be invoked any number of times.
    pub(super) fn forget(&self) {
        self.state.send_modify(|state| {
            state.journal.clear();
            state.answers.clear();
            state.chunks.clear();
            state.lines.clear();
        });
    }

    /// Inspects everything so far.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.read_output();
        look(&self.state.borrow())
    }

    /// Waits until `look` returns a value, for `limit` at most.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        limit: Duration,
        look: impl Fn(&State) -> Option<T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        self.read_output();
        let mut changes = self.state.subscribe();
        let found = async move {
            loop {
                if let Some(found) = look(&changes.borrow_and_update()) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        in_background(async move { tokio::time::timeout(limit, found).await.ok().flatten() })
    }
}
