//! Which trace an invocation belongs to, and the inferred spans above `aws.lambda`.

use std::borrow::Cow;
use std::sync::Arc;

use lambda_runtime::Context;

use super::outcome::Outcome;
use super::priority::Priority;
use crate::config::{Behavior, Config};
use crate::propagation::{xray, Baggage, TraceContext};
use crate::sampling;
use crate::span::{id, Clock, Head, Span, Spans, Tags, Verdict};
use crate::trigger::{self, Ends, Event, Incoming, Inferred};
use crate::xray::Segment;

/// Moves what all spans of the trace share out of a context.
fn take_head(parent: &mut TraceContext) -> Head {
    Head {
        trace_id: parent.trace_id,
        priority: parent.sampling_priority.unwrap_or(sampling::AUTO_KEEP),
        origin: parent.origin.take(),
        tags: std::mem::take(&mut parent.tags),
        tracestate: parent.tracestate.take(),
    }
}

/// What all spans that continue this context share.
pub(crate) fn head_of(mut parent: TraceContext) -> Head {
    let mut head = take_head(&mut parent);
    let decided = parent.sampling_priority.is_some();
    if !decided
        && !head
            .tags
            .iter()
            .any(|(name, _)| name == Head::DECISION_MAKER)
    {
        head.tags
            .push((Head::DECISION_MAKER.to_owned(), "-0".to_owned()));
    }
    head
}

/// Takes the context that the trace continues, if the settings and `links_parent` allow it.
fn take_parent(incoming: &mut Incoming, links_parent: bool) -> Option<TraceContext> {
    let parent = incoming.context.take();
    match Config::get().propagation.behavior {
        Behavior::Continue if !links_parent => parent,
        Behavior::Ignore => {
            // The links that remain are span pointers.
            incoming.links.retain(|link| link.trace_id == 0);
            None
        }
        behavior => parent.map(|parent| parent.restarted(behavior)),
    }
}

/// The trace of one invocation.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) head: Arc<Head>,
    pub(super) priority: Priority,
    pub(super) baggage: Baggage,
    pub(super) incoming: Incoming,
    /// The span above the outermost span of this invocation; 0 if there is none.
    parent_id: u64,
    /// The span that the event names as the parent; 0 if it names none.
    caller_id: u64,
    /// The tags of the Step Functions state, if the trace is that of its execution.
    state: Tags,
}

impl Trace {
    /// Reads the trace from an event, or takes the context `found` by other means. X-Ray's context is merged in if so
    /// configured.
    pub(super) fn read(
        body: &[u8],
        context: &Context,
        found: Option<TraceContext>,
        links_parent: bool,
        clock: &Clock,
    ) -> Self {
        let event = Event::new(body, context, Config::get(), clock.started());
        let mut incoming = trigger::read(&event, found);
        let mut parent = take_parent(&mut incoming, links_parent);
        let caller_id = parent.as_ref().map_or(0, |parent| parent.parent_id);
        if Config::get().merge_xray_traces {
            let header = context.xray_trace_id.as_deref().unwrap_or_default();
            if let Some(xray) = xray::context(header) {
                let parent = parent.get_or_insert_with(TraceContext::default);
                parent.parent_id = xray.parent_id;
                if parent.trace_id == 0 {
                    parent.trace_id = xray.trace_id;
                    parent.sampling_priority = xray.sampling_priority;
                    incoming.tags.push("_dd.parent_source", "xray");
                }
            }
        }
        Self::new(incoming, parent, caller_id, clock)
    }

    /// The trace of a unit of work, which continues the context `found`, if any.
    pub(super) fn of_unit(found: Option<TraceContext>, clock: &Clock) -> Self {
        let mut incoming = Incoming {
            context: found,
            ..Incoming::default()
        };
        let parent = take_parent(&mut incoming, false);
        let caller_id = parent.as_ref().map_or(0, |parent| parent.parent_id);
        Self::new(incoming, parent, caller_id, clock)
    }

    fn new(
        mut incoming: Incoming,
        parent: Option<TraceContext>,
        caller_id: u64,
        clock: &Clock,
    ) -> Self {
        let mut parent = parent.unwrap_or_default();
        incoming.put_first(parent.links.drain(..));
        incoming.tags.append(&parent.root_tags);
        if let Some(id) = parent.last_datadog_parent.take() {
            incoming.tags.push("_dd.parent_id", &id);
        }
        let mut head = take_head(&mut parent);
        if head.trace_id == 0 {
            head.trace_id = id::trace_id(clock.started() / 1_000_000_000);
            if !Config::get().generate_128_bit_ids {
                head.trace_id &= u128::from(u64::MAX);
            }
        }
        let settings = &Config::get().propagation;
        parent.baggage.tag(settings, &mut incoming.tags);
        Self {
            head: Arc::new(head),
            priority: match parent.sampling_priority {
                Some(_) => Priority::Inherited,
                None => Priority::Open,
            },
            baggage: parent.baggage,
            incoming,
            parent_id: parent.parent_id,
            caller_id,
            state: parent.root_tags,
        }
    }

    /// Writes the event's trace and trigger into the X-Ray segment.
    pub(super) fn tell(
        &self,
        segment: &Segment<'_>,
        began: u64,
        ended: u64,
        outcome: Option<&Outcome>,
    ) {
        // A new trace is not that of the execution.
        if self.caller_id != 0 && self.state.encoded_texts().1 > 0 {
            let mut state = self.state.texts();
            segment.tell("root_span_metadata", &mut || state.next(), began);
        } else if self.caller_id != 0 {
            // In 64 bits, as in the trace headers.
            let trace_id = (self.head.trace_id as u64).to_string();
            let (parent_id, priority) =
                (self.caller_id.to_string(), self.head.priority.to_string());
            let ids = [
                ("trace-id", &*trace_id),
                ("parent-id", &parent_id),
                ("sampling-priority", &priority),
            ];
            let mut ids = ids.into_iter();
            segment.tell("trace", &mut || ids.next(), began);
        }
        let trigger = self.incoming.tags.texts();
        let trigger = trigger
            .filter(|(name, _)| name.starts_with("function_trigger.") || name.starts_with("http."));
        let status = self
            .status(outcome)
            .map(|status| ("http.status_code", status));
        let mut known = trigger.chain(status);
        segment.tell("lambda_function_tags", &mut || known.next(), ended);
    }

    /// The status code, if the invocation is an HTTP request.
    fn status<'o>(&self, outcome: Option<&'o Outcome>) -> Option<&'o str> {
        outcome
            .filter(|_| self.incoming.http)
            .and_then(Outcome::status)
    }

    /// The id of the inferred span right above `aws.lambda`, if there is one.
    pub(super) fn service_span_id(&self) -> Option<u64> {
        self.incoming.inferred.last().map(|above| above.span.id)
    }

    /// Puts `root` below the inferred spans and the remote parent, adds its trigger tags, marks on all spans how the
    /// invocation ended, and appends the inferred spans to `spans`, finished, outermost first.
    pub(super) fn finish(
        &mut self,
        root: &mut Span,
        own: &Tags,
        outcome: Option<&Outcome>,
        spans: &mut Spans,
    ) {
        root.tags.append(&self.incoming.tags);
        root.links.append(&mut self.incoming.links);
        root.parent_id = self.parent_id;
        let status = self.status(outcome);
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
        for Inferred { mut span, ends } in std::mem::take(&mut self.incoming.inferred) {
            // A span with an end of its own has no part in the function's outcome. One that ends when the function begins is
            // of an asynchronous call: it gets the status, but not the error.
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
            spans.push(span);
        }
    }

    /// Removes the spans that the extension makes itself: `aws.lambda` and the inferred spans. The children of `aws.lambda`
    /// are moved below the caller's span, where the extension expects them.
    pub(super) fn leave_to_extension(&self, spans: &mut Spans, function: u64) {
        let at = spans.iter().position(|span| span.id == function);
        spans.drain(..at.map_or(0, |at| at + 1));
        let below = spans.iter_mut().filter(|span| span.parent_id == function);
        below.for_each(|span| span.parent_id = self.parent_id);
    }

    /// Decides the priority at the end, if it is still open, and records the decision on the trace's `first` span.
    pub(super) fn close(&mut self, verdict: Option<Verdict>, first: &mut Span) {
        let decide_by = || Cow::Borrowed(&*first);
        self.priority.decide(&mut self.head, verdict, decide_by);
        if let Some(decision) = self.priority.decision() {
            decision.mark(first);
        }
    }

    /// Marks the failure on a span, if the invocation failed.
    fn mark(&self, span: &mut Span, outcome: Option<&Outcome>) {
        if let Some(Outcome::Failure(failure)) = outcome {
            failure.mark(span);
        }
        span.error |= self.incoming.http && outcome.is_some_and(Outcome::is_server_error);
    }
}
