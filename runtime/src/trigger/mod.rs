//! Finds out what invoked the function, and what that means for the trace.
//!
//! All that is specific to one AWS service is in one file, always in this order: whether the event is one of its own, the
//! trace contexts it carries, tags for `aws.lambda`, the span inferred for the service. A new service takes one more
//! file, and one more line in [`Reader::read_all`].
//!
//! Nothing here fails: an event with missing or mistyped parts is read as far as possible.

mod alb;
mod api_gateway_http;
mod api_gateway_rest;
mod api_gateway_websocket;
mod appsync;
mod arn;
mod authorizer;
mod batch;
mod cloudfront;
mod cloudwatch_events;
mod cloudwatch_logs;
mod direct;
mod durable;
mod dynamodb;
mod event;
mod eventbridge;
mod function_url;
mod http;
mod inferred;
mod kafka;
mod kinesis;
pub(crate) mod record;
mod s3;
mod search;
mod sns;
mod sqs;
mod step_functions;
mod tags;
mod time;
mod vpc_lattice;

#[cfg(test)]
mod tests;

#[cfg(feature = "aws-sdk")]
pub(crate) use dynamodb::{key_bytes, table_of_arn};
pub(crate) use event::Event;
pub(crate) use inferred::{Ends, Inferred};
#[cfg(any(feature = "aws-sdk", feature = "testing"))]
pub(crate) use s3::decode_form;

use crate::propagation::TraceContext;
use crate::span::{SpanLink, Tags, MAX_LINKS};

/// What an event contributes to the trace.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The parent of the outermost span.
    pub(crate) context: Option<TraceContext>,
    /// `function_trigger.*` and `http.*` for `aws.lambda`.
    pub(crate) tags: Tags,
    /// The spans of the managed services that the event came through, outermost first.
    pub(crate) inferred: Vec<Inferred>,
    /// The contexts of a batch that are not the parent.
    pub(crate) links: Vec<SpanLink>,
    /// Whether `aws.lambda` and the inferred spans get a status code.
    pub(crate) http: bool,
    /// Whether the response contains the status of a durable execution.
    pub(crate) durable: bool,
}

impl Incoming {
    /// Adds the context of a source, if it has one.
    // Not inlined, like those below: there would be a copy for each source.
    #[inline(never)]
    fn add_context(&mut self, context: Option<TraceContext>) {
        let found = self.context.take();
        self.context = TraceContext::or_else(found, || context);
    }

    #[inline(never)]
    fn add_inferred(&mut self, inferred: Vec<Inferred>) {
        self.inferred = inferred;
    }

    /// Adds the contexts of a batch: the first with a trace as the parent, the others as links. Baggage without a trace
    /// is not added to the trace of another record.
    #[inline(never)]
    fn add_records(&mut self, next: &mut dyn FnMut() -> Option<TraceContext>) {
        let has_trace = |context: &&TraceContext| context.trace_id() != 0;
        let mut own: Option<TraceContext> = None;
        while let Some(context) = next() {
            let parent = self.context.as_ref().filter(has_trace);
            match parent.or(own.as_ref().filter(has_trace)) {
                Some(parent) => link(&mut self.links, parent, &context),
                None if own.is_none() || has_trace(&&context) => own = Some(context),
                None => {}
            }
            if self.links.len() == MAX_LINKS {
                break;
            }
        }
        if own.is_some() {
            self.add_context(own);
        }
    }

    #[inline(never)]
    fn add_pointers(&mut self, next: &mut dyn FnMut() -> Option<SpanLink>) {
        let links = match self.inferred.last_mut() {
            Some(inferred) => &mut inferred.span.links,
            None => &mut self.links,
        };
        links.extend(std::iter::from_fn(next));
    }

    /// Puts links before the others, of which the last are dropped if there are too many.
    pub(crate) fn put_first(&mut self, links: impl Iterator<Item = SpanLink>) {
        let mut all: Vec<_> = links.collect();
        all.append(&mut self.links);
        self.links = all;
        let mut contexts = 0;
        self.links.retain(|link| {
            contexts += usize::from(link.trace_id != 0);
            link.trace_id == 0 || contexts <= MAX_LINKS
        });
    }
}

/// An AWS service, as the source of one event.
trait Source<'a>: Sized {
    /// Whether the service passes on HTTP requests and responses.
    const HTTP: bool = false;
    /// Whether the event is a step of a durable execution.
    const DURABLE: bool = false;

    /// The service, if the event is one of its own.
    fn detect(event: &Event<'a>) -> Option<Self>;

    /// The context that a single event carries.
    fn context(&self, _: &Event<'a>) -> Option<TraceContext> {
        None
    }

    /// The contexts that the records of a batch carry, in order.
    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        std::iter::empty()
    }

    /// Sets tags for `aws.lambda`.
    fn tag(&self, event: &Event<'a>, tags: &mut Tags);

    /// The spans of the service and of those that passed the event on to it, outermost first.
    fn inferred(&self, _: &Event<'a>) -> Vec<Inferred> {
        Vec::new()
    }

    /// Pointers to the data that the event is about, for every record.
    fn pointers(&self) -> impl Iterator<Item = SpanLink> {
        std::iter::empty()
    }
}

/// Reads an event. A context that was `extracted` by other means replaces the event's own; the records of a batch are
/// linked all the same.
pub(crate) fn read(event: &Event<'_>, extracted: Option<TraceContext>) -> Incoming {
    Reader {
        event,
        known: false,
        describes: true,
        incoming: Incoming {
            context: extracted,
            tags: Tags::with_typical_capacity(),
            ..Incoming::default()
        },
    }
    .read_all()
}

/// Finds the contexts of an event and nothing else, so that benchmarks can measure it.
pub(crate) fn find_context(event: &Event<'_>) -> Incoming {
    Reader {
        event,
        known: false,
        describes: false,
        incoming: Incoming::default(),
    }
    .read_all()
}

/// Asks one service after another. The first that recognises the event determines tags, spans and pointers; a context may
/// come from a later one, if those before have none.
struct Reader<'e, 'a> {
    event: &'e Event<'a>,
    /// Whether a service has recognised the event.
    known: bool,
    /// Whether tags, spans and pointers are wanted, too.
    describes: bool,
    incoming: Incoming,
}

impl<'a> Reader<'_, 'a> {
    /// Asks every service.
    fn read_all(mut self) -> Incoming {
        self.read::<durable::Execution<'_>>();
        self.read::<function_url::FunctionUrl<'_>>();
        self.read::<api_gateway_rest::RestApi<'_>>();
        self.read::<api_gateway_http::HttpApi<'_>>();
        self.read::<api_gateway_websocket::WebSocketApi>();
        self.read::<alb::LoadBalancer<'_>>();
        self.read::<vpc_lattice::Lattice<'_>>();
        self.read::<appsync::Resolver<'_>>();
        self.read_headers();
        self.read::<sqs::Queue<'_>>();
        self.read::<sns::Topic<'_>>();
        self.read::<cloudwatch_events::Rule<'_>>();
        self.read::<eventbridge::Bus<'_>>();
        self.read::<kinesis::Stream<'_>>();
        self.read::<kafka::Cluster<'_>>();
        self.read::<dynamodb::Table<'_>>();
        self.read::<s3::Bucket<'_>>();
        self.read::<cloudwatch_logs::Subscription<'_>>();
        self.read::<cloudfront::Distribution<'_>>();
        self.read::<step_functions::State<'_>>();
        let Self {
            event,
            known,
            mut incoming,
            ..
        } = self;
        let found = incoming.context.take();
        incoming.context = TraceContext::or_else(found, || direct::context(event, known));
        incoming
    }

    /// Whether a context with a trace has been found.
    fn is_found(&self) -> bool {
        let found = self.incoming.context.as_ref();
        found.is_some_and(|context| context.trace_id() != 0)
    }

    fn read<S: Source<'a>>(&mut self) {
        if self.known && self.is_found() {
            return;
        }
        let Some(source) = S::detect(self.event) else {
            return;
        };
        let first = !std::mem::replace(&mut self.known, true);
        self.contexts(&source);
        if first && self.describes {
            self.describe(&source);
        }
    }

    /// Adds the context in headers that no HTTP service has read: the events of others, or of none, may have some.
    fn read_headers(&mut self) {
        let headers = &self.event.headers;
        let are_read = self.known && self.event.request.is_some();
        if !are_read && headers.are_any() && !self.is_found() {
            self.incoming.add_context(headers.context());
        }
    }

    fn contexts<S: Source<'a>>(&mut self, source: &S) {
        if !self.is_found() {
            self.incoming.add_context(source.context(self.event));
        }
        let mut records = source.record_contexts();
        self.incoming.add_records(&mut || records.next());
    }

    fn describe<S: Source<'a>>(&mut self, source: &S) {
        let incoming = &mut self.incoming;
        source.tag(self.event, &mut incoming.tags);
        if self.event.config.managed_services {
            incoming.add_inferred(source.inferred(self.event));
        }
        if self.event.config.span_pointers {
            let mut pointers = source.pointers();
            incoming.add_pointers(&mut || pointers.next());
        }
        incoming.http = S::HTTP;
        incoming.durable = S::DURABLE;
    }
}

fn link(links: &mut Vec<SpanLink>, parent: &TraceContext, context: &TraceContext) {
    let ids = |link: &SpanLink| (link.trace_id, link.span_id);
    let link = context.link();
    if link.trace_id == 0 {
        return;
    }
    let is_parent = ids(&link) == (parent.trace_id(), parent.parent_id());
    if !is_parent && links.iter().all(|known| ids(known) != ids(&link)) {
        links.push(link);
    }
}
