//! The trace headers of one carrier, found in one pass.

use std::borrow::Cow;

/// A place for each header that some format reads; [`add`](Self::add) fills them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers<'a> {
    pub(super) datadog_trace_id: Option<Cow<'a, str>>,
    pub(super) datadog_parent_id: Option<Cow<'a, str>>,
    pub(super) datadog_priority: Option<Cow<'a, str>>,
    pub(super) datadog_origin: Option<Cow<'a, str>>,
    pub(super) datadog_tags: Option<Cow<'a, str>>,
    pub(super) traceparent: Option<Cow<'a, str>>,
    pub(super) tracestate: Option<Cow<'a, str>>,
}

impl<'a> Headers<'a> {
    /// Takes a header over if it is a trace header; `value` is not called otherwise.
    ///
    /// Names are compared without regard to case. Of a header that occurs twice the first counts, except that W3C
    /// headers are joined with a comma.
    pub(crate) fn add(&mut self, name: &[u8], value: impl FnOnce() -> Option<Cow<'a, str>>) {
        let Some((slot, joins)) = self.slot(name) else {
            return;
        };
        match slot {
            None => *slot = value(),
            Some(known) if joins => {
                if let Some(value) = value() {
                    *known = format!("{known},{value}").into();
                }
            }
            Some(_) => {}
        }
    }

    /// Whether no trace header was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.datadog_trace_id.is_none() && self.traceparent.is_none()
    }

    /// The place of a header and whether values of it are joined. The length alone rejects nearly every other header.
    fn slot(&mut self, name: &[u8]) -> Option<(&mut Option<Cow<'a, str>>, bool)> {
        let (known, slot, joins): (&[u8], _, _) = match name.len() {
            10 => (b"tracestate", &mut self.tracestate, true),
            11 => (b"traceparent", &mut self.traceparent, true),
            14 => (b"x-datadog-tags", &mut self.datadog_tags, false),
            16 => (b"x-datadog-origin", &mut self.datadog_origin, false),
            18 => (b"x-datadog-trace-id", &mut self.datadog_trace_id, false),
            19 => (b"x-datadog-parent-id", &mut self.datadog_parent_id, false),
            27 => (
                b"x-datadog-sampling-priority",
                &mut self.datadog_priority,
                false,
            ),
            _ => return None,
        };
        name.eq_ignore_ascii_case(known).then_some((slot, joins))
    }
}
