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

/// What a context says of the spans that go on with it; moved out of it.
fn take_head(parent: &mut TraceContext) -> Head {
    Head {
        trace_id: parent.trace_id,
        priority: parent.sampling_priority.unwrap_or(sampling::AUTO_KEEP),
        origin: parent.origin.take(),
        tags: std::mem::take(&mut parent.tags),
        tracestate: parent.tracestate.take(),
    }
}

/// What all spans share that continue a trace.
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

/// Takes the context that the trace goes on with, as far as the settings, and `links_parent`, let it.
fn take_parent(incoming: &mut Incoming, links_parent: bool) -> Option<TraceContext> {
    let parent = incoming.context.take();
    match Config::get().propagation.behavior {
        Behavior::Continue if !links_parent => parent,
        Behavior::Ignore => {
            // What is left are pointers.
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
    /// What the state of Step Functions tells of itself, if the trace is that of its execution.
    state: Tags,
}

impl Trace {
    /// Reads the trace from an event, or takes what was `found` by other means. X-Ray has its say where the two are to
    /// be merged.
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

    /// The trace of a unit of work that goes on with the context that was `found`, if there is one.
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

    /// Tells X-Ray which trace the event belongs to, and what invoked the function.
    pub(super) fn tell(
        &self,
        segment: &Segment<'_>,
        began: u64,
        ended: u64,
        outcome: Option<&Outcome>,
    ) {
        // A trace that begins anew is not the execution's.
        if self.caller_id != 0 && self.state.encoded_texts().1 > 0 {
            let mut state = self.state.texts();
            segment.tell("root_span_metadata", &mut || state.next(), began);
        } else if self.caller_id != 0 {
            // In 64 bits, as they are in the headers of a trace.
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

    /// The status code of an invocation that has one.
    fn status<'o>(&self, outcome: Option<&'o Outcome>) -> Option<&'o str> {
        outcome
            .filter(|_| self.incoming.http)
            .and_then(Outcome::status)
    }

    /// The id of the span right above `aws.lambda`, if there is an inferred one.
    pub(super) fn service_span_id(&self) -> Option<u64> {
        self.incoming.inferred.last().map(|above| above.span.id)
    }

    /// Puts `root` below the inferred spans and the remote parent, gives it what its trigger says, marks on all of them
    /// how the invocation ended, and hands out the inferred spans, finished, outermost first.
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
            spans.push(span);
        }
    }

    /// Leaves out what the extension makes itself, `aws.lambda` and the inferred spans; what stands below it goes below
    /// the caller, where the extension looks for it.
    pub(super) fn leave_to_extension(&self, spans: &mut Spans, function: u64) {
        let at = spans.iter().position(|span| span.id == function);
        spans.drain(..at.map_or(0, |at| at + 1));
        let below = spans.iter_mut().filter(|span| span.parent_id == function);
        below.for_each(|span| span.parent_id = self.parent_id);
    }

    /// Decides the priority at the end, if nobody has been told before, and says so on the trace's `first` span.
    pub(super) fn close(&mut self, verdict: Option<Verdict>, first: &mut Span) {
        let decide_by = || Cow::Borrowed(&*first);
        self.priority.decide(&mut self.head, verdict, decide_by);
        if let Some(decision) = self.priority.decision() {
            decision.mark(first);
        }
    }

    /// Marks the failure of an invocation, if it was one.
    fn mark(&self, span: &mut Span, outcome: Option<&Outcome>) {
        if let Some(Outcome::Failure(failure)) = outcome {
            failure.mark(span);
        }
        span.error |= self.incoming.http && outcome.is_some_and(Outcome::is_server_error);
    }
}
