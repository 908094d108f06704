//! What an invocation had no room for: counted on the root span and in the log.

use super::children::{MAX_BYTES, MAX_SPANS};
use crate::contained::say;
use crate::export::{warn_dropped, DROPPED_LINKS, DROPPED_TAGS};
use crate::span::{Span, MAX_LINKS};

/// Counts of what was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) spans: usize,
    pub(super) tags: u32,
    pub(super) links: u32,
}

impl Dropped {
    /// Adds what a span has dropped.
    pub(super) fn add(&mut self, span: &Span) {
        self.tags += span.tags.dropped();
        self.links += span.dropped_links;
    }

    pub(super) fn add_all(&mut self, other: Self) {
        self.spans += other.spans;
        self.tags += other.tags;
        self.links += other.links;
    }

    /// Writes the counts onto the root span.
    pub(super) fn note(self, root: &mut Span) {
        for (name, count) in [
            ("_dd.ddlambda.dropped_spans", self.spans as f64),
            (DROPPED_TAGS, self.tags.into()),
            (DROPPED_LINKS, self.links.into()),
        ] {
            if count > 0.0 {
                root.tags.note(name, count);
            }
        }
    }

    /// Logs the counts.
    pub(super) fn say(self) {
        let Self { spans, tags, links } = self;
        if spans > 0 {
            let what = format_args!(
                "spans beyond {MAX_SPANS}, or {MAX_BYTES} bytes, in one invocation were dropped"
            );
            warn_dropped(spans as u64, what);
        }
        if tags > 0 {
            say(
                &|| tracing::warn!(target: "ddlambda", dropped_tags = tags, "tags of an invocation were dropped: there were too many"),
            );
        }
        if links > 0 {
            say(
                &|| tracing::warn!(target: "ddlambda", dropped_links = links, "links of an invocation were dropped: there were more than {MAX_LINKS} of a span, or no room"),
            );
        }
    }
}
