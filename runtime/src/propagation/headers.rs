//! The trace headers of one carrier, collected in one pass.

use std::borrow::Cow;

use crate::config::{Config, Style};
use crate::json::Json;

/// A slot for each header that some format reads, filled by [`add`](Self::add).
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers<'a> {
    pub(super) datadog_trace_id: Option<Cow<'a, str>>,
    pub(super) datadog_parent_id: Option<Cow<'a, str>>,
    pub(super) datadog_priority: Option<Cow<'a, str>>,
    pub(super) datadog_origin: Option<Cow<'a, str>>,
    pub(super) datadog_tags: Option<Cow<'a, str>>,
    pub(super) traceparent: Option<Cow<'a, str>>,
    pub(super) tracestate: Option<Cow<'a, str>>,
    pub(super) baggage: Option<Cow<'a, str>>,
    /// Boxed, as they are rare.
    pub(super) b3: Option<Box<B3<'a>>>,
}

/// The headers of B3.
#[derive(Clone, Debug, Default)]
pub(super) struct B3<'a> {
    pub(super) single: Option<Cow<'a, str>>,
    pub(super) trace_id: Option<Cow<'a, str>>,
    pub(super) span_id: Option<Cow<'a, str>>,
    pub(super) sampled: Option<Cow<'a, str>>,
    pub(super) flags: Option<Cow<'a, str>>,
}

/// A header longer than this is not joined with another value: no format accepts that much.
const MAX_JOINED: usize = 16 * 1024;

impl<'a> Headers<'a> {
    /// The trace headers among the members of an object.
    pub(crate) fn of(object: Json<'a>) -> Self {
        let mut headers = Self::default();
        for (name, value) in object.entries() {
            headers.add_value(name.raw(), value);
        }
        headers
    }

    /// Keeps a header if it is a trace header; otherwise `value` is not called.
    ///
    /// Names are compared case-insensitively. If a header occurs twice, the first value counts, except that values of W3C
    /// headers are joined with a comma.
    pub(crate) fn add(&mut self, name: &[u8], value: impl FnOnce() -> Option<Cow<'a, str>>) {
        let Some((slot, joins)) = self.slot(name) else {
            return;
        };
        match slot {
            None => *slot = value(),
            Some(known) if joins => {
                if known.len() > MAX_JOINED {
                    return;
                }
                if let Some(value) = value() {
                    let known = known.to_mut();
                    known.push(',');
                    known.push_str(&value);
                }
            }
            Some(_) => {}
        }
    }

    /// Keeps a header if it is a trace header whose name has not occurred before.
    pub(crate) fn add_first(&mut self, name: &[u8], value: impl FnOnce() -> Option<Cow<'a, str>>) {
        if let Some((slot @ None, _)) = self.slot(name) {
            *slot = value();
        }
    }

    /// Whether a header of this name carries trace context; `baggage` does not count, as it may carry more.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn is_of_trace(name: &str) -> bool {
        let is_baggage = same(name.as_bytes(), b"baggage");
        !is_baggage && Self::default().slot(name.as_bytes()).is_some()
    }

    /// Like [`add`](Self::add), for a value that is a string, or an array of them if the header occurred more than once.
    pub(crate) fn add_value(&mut self, name: &[u8], value: Json<'a>) {
        if !value.is_array() {
            return self.add(name, || value.as_text());
        }
        for item in value.items() {
            self.add(name, || item.as_text());
        }
    }

    /// Whether there is a header whose values are joined.
    pub(crate) fn may_be_joined(&self) -> bool {
        self.traceparent.is_some() || self.baggage.is_some()
    }

    /// These headers, but with the joined values from `lists`, which has all values of each header.
    pub(crate) fn joined<'s>(&'s self, lists: Json<'s>) -> Headers<'s> {
        let all = Headers::of(lists);
        let own = |header: &'s Option<Cow<'a, str>>| header.as_deref().map(Cow::Borrowed);
        Headers {
            datadog_trace_id: own(&self.datadog_trace_id),
            datadog_parent_id: own(&self.datadog_parent_id),
            datadog_priority: own(&self.datadog_priority),
            datadog_origin: own(&self.datadog_origin),
            datadog_tags: own(&self.datadog_tags),
            traceparent: all.traceparent.or_else(|| own(&self.traceparent)),
            tracestate: all.tracestate.or_else(|| own(&self.tracestate)),
            baggage: all.baggage.or_else(|| own(&self.baggage)),
            b3: self.b3.clone(),
        }
    }

    /// Whether there is no header that means something by itself.
    pub(crate) fn is_empty(&self) -> bool {
        self.datadog_trace_id.is_none()
            && self.traceparent.is_none()
            && self.baggage.is_none()
            && self.b3.is_none()
    }

    /// Whether a header names a trace; its value may still be invalid. B3 counts only if that format is enabled.
    pub(crate) fn has_trace_id(&self) -> bool {
        let b3 = || {
            let b3 = self.b3.as_deref()?;
            let single = b3.single.as_deref().filter(|text| text.contains('-'));
            let read = &Config::get().propagation.extract;
            Some(match (single, &b3.trace_id) {
                (Some(_), _) if read.contains(&Style::B3) => true,
                (_, id) => id.is_some() && read.contains(&Style::B3Multi),
            })
        };
        self.datadog_trace_id.is_some() || self.traceparent.is_some() || b3() == Some(true)
    }

    /// The slot of a header, and whether its values are joined. The length alone rejects nearly every other header.
    fn slot(&mut self, name: &[u8]) -> Option<(&mut Option<Cow<'a, str>>, bool)> {
        let is = |known: &[u8]| same(name, known);
        Some(match name.len() {
            2 if is(b"b3") => (&mut self.b3().single, false),
            7 if is(b"baggage") => (&mut self.baggage, true),
            10 if is(b"tracestate") => (&mut self.tracestate, true),
            10 if is(b"x-b3-flags") => (&mut self.b3().flags, false),
            11 if is(b"traceparent") => (&mut self.traceparent, true),
            11 if is(b"x-b3-spanid") => (&mut self.b3().span_id, false),
            12 if is(b"x-b3-traceid") => (&mut self.b3().trace_id, false),
            12 if is(b"x-b3-sampled") => (&mut self.b3().sampled, false),
            14 if is(b"x-datadog-tags") => (&mut self.datadog_tags, false),
            16 if is(b"x-datadog-origin") => (&mut self.datadog_origin, false),
            18 if is(b"x-datadog-trace-id") => (&mut self.datadog_trace_id, false),
            19 if is(b"x-datadog-parent-id") => (&mut self.datadog_parent_id, false),
            27 if is(b"x-datadog-sampling-priority") => (&mut self.datadog_priority, false),
            _ => return None,
        })
    }

    fn b3(&mut self) -> &mut B3<'a> {
        self.b3.get_or_insert_default()
    }
}

// Not inlined: a copy for each name would be larger than the rest of this file.
#[inline(never)]
fn same(name: &[u8], known: &[u8]) -> bool {
    name == known || name.eq_ignore_ascii_case(known)
}
