//! The layer that records spans of the `tracing` crate.

use std::sync::atomic::{AtomicBool, Ordering};

use ::tracing::level_filters::LevelFilter;
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::Layer;

use super::fields::{ErrorEvent, Fields};
use super::sqlx;
use crate::active::{own, recorded, within, Active, Recorded};
use crate::config::Config;
use crate::span::{conventions, Span, SpanLink};

/// The layer that [`layer`](super::layer) returns.
#[derive(Clone, Debug)]
pub struct Spans {
    max_level: LevelFilter,
}

impl Spans {
    pub(super) fn new(max_level: LevelFilter) -> Self {
        Self { max_level }
    }

    /// Sets the level up to which spans are recorded, `INFO` by default. `DEBUG` includes more of what libraries do.
    #[must_use]
    pub fn with_max_level(mut self, max_level: impl Into<LevelFilter>) -> Self {
        self.max_level = max_level.into();
        self
    }

    fn records(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.max_level
            && !STOOD_FOR
                .iter()
                .any(|target| metadata.target().starts_with(target))
    }
}

/// Targets whose spans are ignored because ddlambda has its own: `aws.lambda` for the runtime, the interceptor's for the AWS
/// SDK.
const STOOD_FOR: &[&str] = if cfg!(feature = "aws-sdk") {
    &["lambda_runtime", "aws_sdk_", "aws_smithy_"]
} else {
    &["lambda_runtime"]
};

/// Whether a subscriber has this layer. Set by the layer itself: one that is wrapped, such as a reloadable one, cannot be
/// found by its type.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Notes that a subscriber has been given one of the library's layers.
pub(super) fn install() {
    INSTALLED.store(true, Ordering::Relaxed);
}

pub(super) fn are_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed)
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_layer(&mut self, _: &mut S) {
        install();
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if !self.records(attributes.metadata()) || !Config::get().trace_enabled {
            return;
        }
        let Some(entry) = ctx.span(id) else {
            return;
        };
        let above = match entry.parent() {
            Some(parent) if attributes.is_contextual() => within(parent),
            parent => parent.and_then(recorded),
        };
        let Some(parent) = above.or_else(Active::to_record) else {
            return;
        };
        let now = parent.invocation.now();
        let mut span = Span::new(attributes.metadata().name(), parent.span_id, now);
        attributes.record(&mut Fields(&mut span));
        conventions::translate(attributes.metadata().target(), &mut span);
        let mut extensions = entry.extensions_mut();
        // If there is a second layer like this, the first has already recorded the span.
        if extensions.get_mut::<Recorded>().is_none() {
            if let Some(active) = parent.child(span) {
                extensions.insert(Recorded(active));
            }
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(active) = ctx.span(id).as_ref().and_then(own) {
            // Formatting a value is user code, so it happens before the span is locked.
            let mut update = Span::default();
            values.record(&mut Fields(&mut update));
            active.change(|span| span.update(update));
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        let Some(followed) = ctx.span(follows).and_then(recorded) else {
            return;
        };
        if let Some(active) = ctx.span(id).as_ref().and_then(own) {
            let link = SpanLink {
                trace_id: followed.head().trace_id,
                span_id: followed.span_id,
                ..SpanLink::default()
            };
            // Before the first event there is no trace to link to.
            if link.trace_id != 0 {
                active.change(|span| span.link(link));
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == sqlx::TARGET && self.records(metadata) {
            if let Some(parent) = of_event(event, &ctx).filter(|_| Config::get().trace_enabled) {
                sqlx::record(event, parent);
            }
        }
        if *metadata.level() != Level::ERROR {
            return;
        }
        if let Some(active) = ctx.event_span(event).and_then(within) {
            let mut error = ErrorEvent::default();
            event.record(&mut error);
            active.change(|span| error.mark(span));
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(entry) = ctx.span(&id) else {
            return;
        };
        let recorded = entry.extensions_mut().remove();
        if let Some(Recorded(active)) = recorded {
            active.close();
        }
    }
}

/// The span that an event belongs to: a span of the `tracing` crate or of a record, or else `aws.lambda`.
pub(super) fn of_event<S>(event: &Event<'_>, ctx: &Context<'_, S>) -> Option<Active>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let entered = ctx.event_span(event).and_then(within);
    entered.or_else(Active::of_task)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::Registry;

    use super::*;
    use crate::invocation::Invocation;

    #[test]
    fn two_layers_record_a_span_once() {
        let unit = Invocation::begin_unit(Span::new("job", 0, 0), None);
        let layer = || Spans::new(LevelFilter::INFO);
        let subscriber = Registry::default().with(layer()).with(layer());
        ::tracing::subscriber::with_default(subscriber, || {
            let step = || ::tracing::info_span!("step").in_scope(|| ());
            Active::root(unit.clone()).enter(step);
        });
        let chunks = unit.finish().unwrap();
        let names: Vec<_> = chunks[0].spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["job", "step"]);
    }
}
