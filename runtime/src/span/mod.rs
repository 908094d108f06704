//! Spans. A span knows its parent's id but not its trace, which belongs to the invocation.

mod chunk;
mod clock;
#[cfg(feature = "tracing")]
pub(crate) mod conventions;
pub(crate) mod id;
pub(crate) mod link;
mod pairs;
pub(crate) mod pointer;
pub(crate) mod pool;
pub(crate) mod tags;

use std::sync::Arc;

pub(crate) use chunk::{Chunk, Head, Spans};
pub(crate) use clock::{unix_nanos, Clock};
#[cfg(feature = "tracing")]
use conventions::Told;
pub(crate) use link::{SpanLink, MAX_LINKS};
pub(crate) use tags::{limited, Tags, Text, MAX_VALUE};

/// One span, open while `duration` is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Span {
    pub(crate) id: u64,
    /// Zero for a span without a parent.
    pub(crate) parent_id: u64,
    /// The operation name.
    pub(crate) name: Text,
    /// `None` stands for the function's own service.
    pub(crate) service: Option<Text>,
    /// `None` stands for the operation name.
    pub(crate) resource: Option<Text>,
    /// The span type: `serverless`, `web`, `http` ..; empty for none.
    pub(crate) kind: Text,
    /// Nanoseconds since the Unix epoch.
    pub(crate) start: u64,
    /// Nanoseconds.
    pub(crate) duration: Option<u64>,
    pub(crate) error: bool,
    /// The function's own sampling verdict, until the invocation takes it.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) tags: Tags,
    pub(crate) links: Vec<SpanLink>,
    /// The number of links dropped.
    pub(crate) dropped_links: u32,
    /// The head of the span's own trace, if that is not the trace of its invocation.
    pub(crate) head: Option<Arc<Head>>,
    #[cfg(feature = "tracing")]
    pub(crate) told: Told,
}

/// A function's own decision about keeping its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Drop,
}

impl Verdict {
    fn of(name: &str) -> Option<Self> {
        match name {
            "manual.keep" => Some(Self::Keep),
            "manual.drop" => Some(Self::Drop),
            _ => None,
        }
    }
}

impl Span {
    /// A span with a new id that starts at `start`, in nanoseconds since the Unix epoch.
    pub(crate) fn new(name: impl Into<Text>, parent_id: u64, start: u64) -> Box<Self> {
        Self::named(name.into(), parent_id, start)
    }

    fn named(name: Text, parent_id: u64, start: u64) -> Box<Self> {
        let mut span = pool::take();
        span.id = id::span_id();
        span.parent_id = parent_id;
        span.name = name;
        span.start = start;
        span
    }

    /// Makes this an empty span, keeping the memory of its tags.
    fn clear(&mut self) {
        let mut tags = std::mem::take(&mut self.tags);
        tags.clear();
        *self = Self {
            tags,
            ..Self::default()
        };
    }

    /// Ends the span at `end`, in nanoseconds since the Unix epoch; a span that has ended keeps its end.
    pub(crate) fn finish(&mut self, end: u64) {
        if self.duration.is_none() {
            self.duration = Some(end.saturating_sub(self.start));
            #[cfg(feature = "tracing")]
            if self.told.conventions {
                conventions::apply(self);
            }
        }
    }

    /// Sets a text tag from user code. `manual.keep` and `manual.drop` are not tags: they decide about the trace, unless
    /// their value is false.
    pub(crate) fn set_tag(&mut self, name: &str, value: &str) {
        match Verdict::of(name) {
            None => self.tags.set(name, value),
            Some(_) if matches!(value, "false" | "0") => {}
            verdict => self.verdict = verdict,
        }
    }

    /// Sets a number in the same way.
    pub(crate) fn set_metric(&mut self, name: &str, number: f64) {
        match Verdict::of(name) {
            None => self.tags.set_number(name, number),
            Some(_) if number == 0.0 => {}
            verdict => self.verdict = verdict,
        }
    }

    /// Adds a link; drops it if there are too many, or no room.
    #[cfg(feature = "tracing")]
    pub(crate) fn link(&mut self, link: SpanLink) {
        if self.links.len() < MAX_LINKS && !self.tags.is_sealed() {
            self.links.push(link);
        } else {
            self.dropped_links += 1;
        }
    }

    /// The memory that the span takes, roughly, in bytes.
    pub(crate) fn size(&self) -> usize {
        let owned = |text: &Text| match text {
            Text::Borrowed(_) => 0,
            Text::Owned(text) => text.len(),
        };
        let texts = [&self.name, &self.kind].map(owned);
        let more = [&self.service, &self.resource].map(|text| text.as_ref().map_or(0, owned));
        let texts: usize = texts.into_iter().chain(more).sum();
        size_of::<Self>() + self.tags.len() + texts + self.links.len() * size_of::<SpanLink>()
    }

    /// Applies `update`: its tags, and the fields that are set.
    #[cfg(feature = "tracing")]
    pub(crate) fn update(&mut self, update: Span) {
        if !update.name.is_empty() {
            self.name = update.name;
        }
        if !update.kind.is_empty() {
            self.kind = update.kind;
        }
        self.service = update.service.or(self.service.take());
        if update.told.resource || !self.told.resource {
            self.resource = update.resource.or(self.resource.take());
        }
        self.error |= update.error;
        self.told.conventions |= update.told.conventions;
        self.told.name |= update.told.name;
        self.told.resource |= update.told.resource;
        self.verdict = update.verdict.or(self.verdict);
        self.tags.update(&update.tags);
    }
}
