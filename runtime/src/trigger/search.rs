//! Telling from raw text that there is nothing in it to read, so that plain messages cost next to nothing.

use crate::json::{carrier_end, find_any, Entries, Items, Json, Str};
use crate::propagation::TraceContext;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

pub(super) use crate::json::Mark;

/// The member that carries trace headers.
pub(super) const DATADOG: Mark = Mark::new("_datadog", b"_d");
/// A member of what SNS passes on.
pub(super) const SNS: Mark = Mark::new("TopicArn", b"Ar");
/// The message among those members, which is text or JSON in turn.
const MESSAGE: Mark = Mark::new(r#"\"Message\""#, b"Me");
/// A member of what EventBridge passes on.
pub(super) const EVENTBRIDGE: Mark = Mark::new("detail-type", b"-t");

/// The contexts of a batch, read from its records for as long as there is a mark to come that says something new.
pub(super) struct Contexts<'a> {
    /// That of the first record.
    first: Option<TraceContext>,
    /// The records, of which the first has been handed out.
    records: Items<'a>,
    ahead: Ahead<'a>,
    read: fn(&mut Entries<'a>) -> Option<TraceContext>,
}

impl<'a> Contexts<'a> {
    /// `find` finds where the next mark stands, and `read` reads the context of a record.
    pub(super) fn new(
        first: Option<TraceContext>,
        records: &Items<'a>,
        find: fn(&[u8]) -> Option<usize>,
        read: fn(&mut Entries<'a>) -> Option<TraceContext>,
    ) -> Self {
        Self {
            first,
            records: records.clone(),
            ahead: Ahead::new(find, carrier_end),
            read,
        }
    }
}

impl Iterator for Contexts<'_> {
    type Item = TraceContext;

    fn next(&mut self) -> Option<TraceContext> {
        let mut found = self.first.take();
        while found.is_none() {
            let rest = self.records.next()?.rest();
            if !self.ahead.is_any(rest) {
                return None;
            }
            found = self.records.walk(self.read);
        }
        self.ahead.remember(self.records.passed());
        found
    }
}

/// Whether there is still a mark to come, searched for once per mark.
///
/// Messages that were sent together have the same context, written in the same way. A mark is passed over if it begins the
/// carrier that was read last, which is looked for when there is another mark.
#[derive(Clone, Debug)]
pub(super) struct Ahead<'a> {
    find: fn(&[u8]) -> Option<usize>,
    /// Finds the end of a carrier, given the text from its mark on.
    carrier_end: fn(&[u8]) -> Option<usize>,
    /// How much text there was from where a mark was found last.
    left: usize,
    /// The last record that has had a context; empty once its carrier was looked for.
    last: &'a [u8],
    /// The last carrier, from its mark on.
    known: &'a [u8],
}

impl<'a> Ahead<'a> {
    /// Looking for the carrier in a longer record takes more than to read it again.
    const SHORT: usize = 16 * 1024;

    pub(super) fn new(
        find: fn(&[u8]) -> Option<usize>,
        carrier_end: fn(&[u8]) -> Option<usize>,
    ) -> Self {
        Self {
            find,
            carrier_end,
            left: usize::MAX,
            last: &[],
            known: &[],
        }
    }

    /// Whether there is one in `rest`, which is less of the same text each time.
    pub(super) fn is_any(&mut self, mut rest: &[u8]) -> bool {
        while self.left > rest.len() {
            let Some(at) = (self.find)(rest) else {
                self.left = 0;
                break;
            };
            rest = &rest[at..];
            if !self.last.is_empty() {
                self.learn();
            }
            match rest.strip_prefix(self.known) {
                Some(behind) if !self.known.is_empty() => rest = behind,
                _ => self.left = rest.len(),
            }
        }
        self.left > 0
    }

    /// Remembers a record that has had a context.
    pub(super) fn remember(&mut self, record: &'a [u8]) {
        self.last = record;
    }

    /// Learns the carrier of the last record. If there is one mark in it, then the context was behind that, and it is the same
    /// wherever the same text stands behind a mark, or none.
    fn learn(&mut self) {
        let record = std::mem::take(&mut self.last);
        let carrier = || {
            let record = Some(record).filter(|record| record.len() <= Self::SHORT)?;
            let carrier = record.get((self.find)(record)?..)?;
            let (carrier, behind) = carrier.split_at_checked((self.carrier_end)(carrier)?)?;
            (self.find)(behind).is_none().then_some(carrier)
        };
        if let Some(carrier) = carrier() {
            self.known = carrier;
        }
    }
}

/// What services pass on as JSON in a string, decoded once, and only if there is reason to.
#[derive(Default)]
pub(super) struct Embedded<'a> {
    value: Option<Json<'a>>,
    whole: OnceCell<Option<Cow<'a, str>>>,
    /// Without the message, which can be large.
    around: OnceCell<Option<String>>,
    /// Where the message stands.
    message: OnceCell<Option<Range<usize>>>,
}

impl<'a> Embedded<'a> {
    pub(super) fn new(value: Json<'a>) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// The context that `read` finds in the JSON, if one may stand in it. An object in place of the string is as good.
    ///
    /// `read` is to ask the message last, which is neither decoded nor searched where there is a context around it.
    pub(super) fn context(
        &self,
        read: impl Fn(Json<'_>) -> Option<TraceContext>,
    ) -> Option<TraceContext> {
        if let Some(object) = self.object() {
            return read(object);
        }
        let string = self.string()?;
        let raw = string.raw();
        let has_carrier = |part: &[u8]| DATADOG.find(part).is_some();
        let whole_if_in = |part: &[u8]| match has_carrier(part) {
            true => read(self.whole(&string)?),
            false => None,
        };
        // Most text has neither, which is one search. Where there is a message, its end is to be found before it is known on which
        // side of it a carrier stands.
        find_any(raw, [DATADOG, MESSAGE])?;
        let Some(message) = self.message(&string) else {
            return whole_if_in(raw);
        };
        let mut found = None;
        if has_carrier(&raw[..message.start]) || has_carrier(&raw[message.end..]) {
            found = read(self.around(&string, message)?);
        }
        TraceContext::or_else(found, || whole_if_in(&raw[message.clone()]))
    }

    /// The JSON, if it may be what another service has passed on.
    pub(super) fn json(&self) -> Option<Json<'_>> {
        if let Some(object) = self.object() {
            return Some(object);
        }
        let string = self.string()?;
        find_any(string.raw(), [EVENTBRIDGE, SNS])?;
        let is_of_interest = |message: &Range<usize>| {
            let message = string.raw().get(message.clone());
            message.is_some_and(|message| EVENTBRIDGE.find(message).is_some())
        };
        let is_decoded = matches!(self.whole.get(), Some(Some(_)));
        match self.message(&string) {
            Some(message) if !is_decoded && !is_of_interest(message) => {
                self.around(&string, message)
            }
            _ => self.whole(&string),
        }
    }

    fn object(&self) -> Option<Json<'a>> {
        self.value.filter(Json::is_object)
    }

    /// The string, if it may hold an object.
    fn string(&self) -> Option<Str<'a>> {
        let string = self.value?.string()?;
        matches!(string.raw().first()?, b'{' | b' ' | b'\\').then_some(string)
    }

    fn whole(&self, string: &Str<'a>) -> Option<Json<'_>> {
        let whole = self.whole.get_or_init(|| string.decode());
        Some(Json::new(whole.as_deref()?.as_bytes()))
    }

    fn around(&self, string: &Str<'a>, message: &Range<usize>) -> Option<Json<'_>> {
        let around = || string.decode_without(message.clone());
        let around = self.around.get_or_init(around);
        Some(Json::new(around.as_deref()?.as_bytes()))
    }

    fn message(&self, string: &Str<'a>) -> Option<&Range<usize>> {
        let message = self.message.get_or_init(|| string.inner(MESSAGE));
        message.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ids of the contexts that are read of records, and that of the first.
    fn read(records: &[String]) -> Vec<u128> {
        let text = format!("[{}]", records.join(", "));
        let mut records = Json::new(text.as_bytes()).elements();
        records.next();
        let find = |text: &[u8]| find_any(text, [DATADOG, Mark::new("Other", b"Ot")]);
        let id = |members: &mut Entries<'_>| {
            let id = members.fold(None, |id, (_, value)| id.or(value.as_u64()))?;
            Some(TraceContext::new(id.into(), 1))
        };
        let first = records.walk(id);
        let contexts = Contexts::new(first, &records, find, id);
        contexts.map(|context| context.trace_id()).collect()
    }

    #[test]
    fn records_are_read_up_to_the_last_with_a_mark() {
        let plain = |id: u32| format!(r#"{{"id": {id}}}"#);
        let datadog = |id: u32| format!(r#"{{"id": {id}, "_datadog": {{"a": {id}}}}}"#);
        let other = |id: u32| format!(r#"{{"id": {id}, "text": "Other{id}"}}"#);
        for (records, found) in [
            (vec![datadog(0), plain(1), plain(2)], vec![0]),
            (
                vec![plain(0), plain(1), datadog(2), plain(3)],
                vec![0, 1, 2],
            ),
            (
                vec![plain(0), other(1), datadog(2), plain(3), other(4), plain(5)],
                vec![0, 1, 2, 3, 4],
            ),
            (vec![plain(0), "7".to_owned(), datadog(2)], vec![0, 2]),
            (vec![plain(0)], vec![0]),
        ] {
            assert_eq!(read(&records), found);
        }
    }

    #[test]
    fn carriers_that_are_the_same_are_read_once() {
        let record =
            |id: u32, carrier: &str| format!(r#"{{"id": {id}, {carrier}, "text": "{id}"}}"#);
        let object = |id| record(id, r#""_datadog": {"a": [1]}"#);
        let text = |id| record(id, r#""body": "{\"b\": {\"_datadog\": {\"a\": [1]}}}""#);
        let two = |id| record(id, r#""_datadog": {"a": [1]}, "b": {"_datadog": 7}"#);
        let shorter = |id| record(id, r#""_datadog": {"a": [1], "b": 2}"#);
        let all = |record: &dyn Fn(u32) -> String| read(&[0, 1, 2].map(record));
        assert_eq!(all(&object), [0]);
        assert_eq!(all(&text), [0]);
        // Which of them has the context is not known.
        assert_eq!(all(&two), [0, 1, 2]);
        assert_eq!(
            read(&[object(0), object(1), shorter(2), object(3)]),
            [0, 1, 2, 3]
        );
        assert_eq!(
            read(&[object(0), text(1), text(2), object(3)]),
            [0, 1, 2, 3]
        );
        assert_eq!(read(&[object(0), two(1), object(2)]), [0, 1]);
    }

    #[test]
    fn embedded_json_is_decoded_for_a_reason() {
        let read = |text: &str| {
            let embedded = Embedded::new(Json::new(text.as_bytes()));
            let id = |json: Json<'_>| json.get("_datadog")?.as_u64();
            let context = embedded.context(|json| Some(TraceContext::new(id(json)?.into(), 1)));
            context.map(|context| context.trace_id())
        };
        assert_eq!(read(r#""{\"_datadog\": 7}""#), Some(7));
        assert_eq!(read(r#"{"_datadog": 7}"#), Some(7));
        assert_eq!(read(r#""{\"\u005fdatadog\": 7}""#), None);
        assert_eq!(read(r#""{\"_datadog\": \x}""#), None);
        assert_eq!(read("7"), None);
        assert!(Embedded::default().json().is_none());
    }

    #[test]
    fn a_message_is_read_where_there_is_no_context_around_it() {
        let read = |text: &str| {
            let text = serde_json::to_string(text).unwrap();
            let embedded = Embedded::new(Json::new(text.as_bytes()));
            let context = embedded.context(|json| {
                let id = |json: Json<'_>| json.get("_datadog")?.as_u64();
                let inside = || id(Json::new(json.get("Message")?.as_str()?.as_bytes()));
                let id = id(json).filter(|id| *id != 0).or_else(inside);
                Some(TraceContext::new(id?.into(), 1))
            });
            let is_whole = embedded.whole.get().is_some();
            (context.map(|context| context.trace_id()), is_whole)
        };
        let message = r#""Message": "{\"_datadog\": 2}""#;
        let around = |id: u32| format!(r#"{{"_datadog": {id}, {message}, "b": "_datadog"}}"#);
        assert_eq!(read(&around(1)), (Some(1), false));
        assert_eq!(read(&around(0)), (Some(2), true));
        assert_eq!(read(&format!("{{{message}}}")), (Some(2), true));
        assert_eq!(
            read(r#"{"_datadog": 1, "Message": "_data dog"}"#),
            (Some(1), false)
        );
        assert_eq!(read(r#"{"_data": 1, "Message": "none"}"#), (None, false));
    }

    #[test]
    fn a_message_is_decoded_where_it_is_an_event_of_eventbridge() {
        let read = |message: &str| {
            let message = serde_json::to_string(message).unwrap();
            let body = format!(r#"{{"TopicArn": "arn", "Message": {message}}}"#);
            let text = serde_json::to_string(&body).unwrap();
            let embedded = Embedded::new(Json::new(text.as_bytes()));
            let message = embedded.json()?.get("Message")?.as_str()?.into_owned();
            Some(message)
        };
        let event = r#"{"detail-type": "order"}"#;
        assert_eq!(read(event).as_deref(), Some(event));
        assert_eq!(read("an order").as_deref(), Some(""));

        // A message that cannot be decoded hides nothing of what stands around it.
        let text = r#""{\"TopicArn\": \"arn\", \"Message\": \"_datadog \x\"}""#;
        let embedded = Embedded::new(Json::new(text.as_bytes()));
        for _ in 0..2 {
            let json = embedded.json().and_then(|json| json.get("TopicArn"));
            assert!(json.is_some());
            assert!(embedded.context(|_| None).is_none());
        }
    }
}
