//! Span links as JSON.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::span::{limited, SpanLink, Text};

/// The links of a span, as a list.
pub(super) struct Links<'a>(pub(super) &'a [SpanLink]);

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut links = serializer.serialize_seq(Some(self.0.len()))?;
        for link in self.0 {
            links.serialize_element(&Link(link))?;
        }
        links.end()
    }
}

/// One link.
pub(super) struct Link<'a>(pub(super) &'a SpanLink);

impl Serialize for Link<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", &format_args!("{:032x}", link.trace_id))?;
        map.serialize_entry("span_id", &format_args!("{:016x}", link.span_id))?;
        if !link.attributes.is_empty() {
            map.serialize_entry("attributes", &Attributes(&link.attributes))?;
        }
        if !link.tracestate.is_empty() {
            map.serialize_entry("tracestate", &limited(&link.tracestate))?;
        }
        if let Some(flags) = link.flags {
            map.serialize_entry("flags", &flags)?;
        }
        map.end()
    }
}

struct Attributes<'a>(&'a [(Text, Text)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.iter();
        serializer.collect_map(pairs.map(|(name, value)| (name, limited(value))))
    }
}
