//! Which trace an invocation belongs to, and the inferred spans above `aws.lambda`.

use std::sync::Arc;

use lambda_runtime::Context;

use super::outcome::Outcome;
use crate::config::{Behavior, Config};
use crate::propagation::{Baggage, TraceContext};
use crate::span::{id, Clock, Head, Span, Spans, Tags};
use crate::trigger::{self, Ends, Event, Incoming, Inferred};

/// The sampling priority of a trace that begins here: kept, by default.
const AUTO_KEEP: i32 = 1;

/// The trace of one invocation.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) head: Arc<Head>,
    pub(super) baggage: Baggage,
    incoming: Incoming,
    /// The span above the outermost span of this invocation; 0 if there is none.
    parent_id: u64,
}

impl Trace {
    /// Reads the trace from an event, or takes what was `found` by other means.
    pub(super) fn read(
        body: &[u8],
        context: &Context,
        found: Option<TraceContext>,
        links_parent: bool,
        clock: &Clock,
    ) -> Self {
        let event = Event::new(body, context, Config::get(), clock.started());
        let mut incoming = trigger::read(&event, found);
        let mut parent = incoming.context.take();
        match Config::get().propagation.behavior {
            Behavior::Continue if !links_parent => {}
            Behavior::Ignore => {
                parent = None;
                // What is left are pointers.
                incoming.links.retain(|link| link.trace_id == 0);
            }
            behavior => parent = parent.map(|parent| parent.restarted(behavior)),
        }
        Self::new(incoming, parent, clock)
    }

    fn new(mut incoming: Incoming, parent: Option<TraceContext>, clock: &Clock) -> Self {
        let parent = parent.unwrap_or_default();
        incoming.links.splice(0..0, parent.links);
        incoming.tags.append(&parent.root_tags);
        let mut head = Head {
            trace_id: parent.trace_id,
            priority: parent.sampling_priority.unwrap_or(AUTO_KEEP),
            origin: parent.origin,
            tags: parent.tags,
            tracestate: parent.tracestate,
        };
        if head.trace_id == 0 {
            head.trace_id = id::trace_id(clock.started() / 1_000_000_000);
            if !Config::get().generate_128_bit_ids {
                head.trace_id &= u128::from(u64::MAX);
            }
        }
        if parent.sampling_priority.is_none()
            && !head.tags.iter().any(|(name, _)| name == "_dd.p.dm")
        {
            head.tags.push(("_dd.p.dm".to_owned(), "-0".to_owned()));
        }
        if let Some(id) = parent.last_datadog_parent {
            incoming.tags.push("_dd.parent_id", &id);
        }
        let settings = &Config::get().propagation;
        parent.baggage.tag(settings, &mut incoming.tags);
        Self {
            head: Arc::new(head),
            baggage: parent.baggage,
            incoming,
            parent_id: parent.parent_id,
        }
    }

    /// The id of the span right above `aws.lambda`, if there is an inferred one.
    pub(super) fn service_span_id(&self) -> Option<u64> {
        self.incoming.inferred.last().map(|above| above.span.id)
    }

    /// Puts `root` below the inferred spans and the remote parent, gives it what its trigger says, marks on all of them
    /// how the invocation ended, and returns the inferred spans, finished, outermost first.
    pub(super) fn finish(
        &mut self,
        root: &mut Span,
        own: &Tags,
        outcome: Option<&Outcome>,
    ) -> Spans {
        root.tags.append(&self.incoming.tags);
        root.links.append(&mut self.incoming.links);
        root.parent_id = self.parent_id;
        let status = outcome
            .filter(|_| self.incoming.http)
            .and_then(Outcome::status);
        if let Some(status) = status {
            root.tags.push("http.status_code", status);
        }
        let execution = outcome
            .filter(|_| self.incoming.durable)
            .and_then(Outcome::execution);
        if let Some(status) = execution {
            root.tags.push("aws.durable.execution_status", status);
        }
        root.tags.update(own);
        self.mark(root, outcome);
        let end = root.start + root.duration.unwrap_or_default();
        let mut spans = Vec::new();
        for Inferred { mut span, ends } in std::mem::take(&mut self.incoming.inferred) {
            // What was over before the function began did not meet its end, and who does not wait not its error.
            if let (Some(status), Ends::WithFunction | Ends::BeforeFunction) = (status, ends) {
                span.tags.push("http.status_code", status);
            }
            if ends == Ends::WithFunction {
                self.mark(&mut span, outcome);
            }
            span.finish(match ends {
                Ends::WithFunction => end,
                Ends::BeforeFunction => root.start,
                Ends::At(time) => time,
            });
            span.parent_id = std::mem::replace(&mut root.parent_id, span.id);
            spans.push(Box::new(span));
        }
        spans
    }

    /// Marks the failure of an invocation, if it was one.
    fn mark(&self, span: &mut Span, outcome: Option<&Outcome>) {
        if let Some(Outcome::Failure(failure)) = outcome {
            failure.mark(span);
        }
        span.error |= self.incoming.http && outcome.is_some_and(Outcome::is_server_error);
    }
}
