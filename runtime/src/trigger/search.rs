//! Decides from raw text whether there is anything to read, so that plain messages cost next to nothing.

use crate::json::{carrier_end, find_any, Entries, Items, Json, Str};
use crate::propagation::TraceContext;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

pub(super) use crate::json::Needle;

/// The member that holds trace headers.
pub(super) const DATADOG: Needle = Needle::new("_datadog", b"_d");
/// A member of SNS notifications.
pub(super) const SNS: Needle = Needle::new("TopicArn", b"Ar");
/// The member of a notification in a string that holds the message, which is text or again JSON.
const MESSAGE: Needle = Needle::new(r#"\"Message\""#, b"Me");
/// A member of EventBridge events.
pub(super) const EVENTBRIDGE: Needle = Needle::new("detail-type", b"-t");

/// The contexts of a batch. Records are read only as long as there is a needle ahead that may add a new one.
pub(super) struct Contexts<'a> {
    /// The context of the first record.
    first: Option<TraceContext>,
    /// The records; the first one has been taken.
    records: Items<'a>,
    ahead: Ahead<'a>,
    read: fn(&mut Entries<'a>) -> Option<TraceContext>,
}

impl<'a> Contexts<'a> {
    /// `find` finds the next needle, and `read` reads the context of a record.
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

/// Whether there is a needle ahead. Each needle is searched for once.
///
/// Messages that were sent together carry the same context, written in the same way. A needle is skipped if the carrier
/// that was read last begins there again. That carrier is not located before another needle is found.
#[derive(Clone, Debug)]
pub(super) struct Ahead<'a> {
    find: fn(&[u8]) -> Option<usize>,
    /// Finds the end of a carrier, given the text from its needle on.
    carrier_end: fn(&[u8]) -> Option<usize>,
    /// The length of the text from the last needle on; 0 if there are no more.
    left: usize,
    /// The last record with a context; empty once its carrier has been searched for.
    last: &'a [u8],
    /// The last carrier, from its needle on.
    known: &'a [u8],
}

impl<'a> Ahead<'a> {
    /// In a longer record, locating the carrier costs more than reading it again in the next one.
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

    /// Whether there is a needle in `rest`, which is a shorter suffix of the same text on each call.
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

    /// Remembers a record that has a context.
    pub(super) fn remember(&mut self, record: &'a [u8]) {
        self.last = record;
    }

    /// Locates the carrier of the last record. If the record has only one needle, the context was read there, and wherever
    /// the same text follows a needle, the context is the same, or there is none.
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

/// JSON in a string, as one service passes it on from another. Decoded at most once, and only if there is reason to.
#[derive(Default)]
pub(super) struct Embedded<'a> {
    value: Option<Json<'a>>,
    whole: OnceCell<Option<Cow<'a, str>>>,
    /// The text without the message, which can be large.
    around: OnceCell<Option<String>>,
    /// The range of the message.
    message: OnceCell<Option<Range<usize>>>,
}

impl<'a> Embedded<'a> {
    pub(super) fn new(value: Json<'a>) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// The context that `read` finds in the JSON, if there may be one. An object instead of the string works as well.
    ///
    /// `read` must look at the message last: it is neither decoded nor searched if there is a context around it.
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
        // Most text has neither, which a single search tells. If there is a message, its end must be found to know
        // whether a carrier is inside of it.
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

    /// The JSON, if another service may have passed it on.
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

    /// The ids of the contexts that are read from records, including the first.
    fn read(records: &[String]) -> Vec<u128> {
        let text = format!("[{}]", records.join(", "));
        let mut records = Json::new(text.as_bytes()).elements();
        records.next();
        let find = |text: &[u8]| find_any(text, [DATADOG, Needle::new("Other", b"Ot")]);
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
        // It is not known which of the two has the context.
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

        // A message that cannot be decoded does not hide the text around it.
        let text = r#""{\"TopicArn\": \"arn\", \"Message\": \"_datadog \x\"}""#;
        let embedded = Embedded::new(Json::new(text.as_bytes()));
        for _ in 0..2 {
            let json = embedded.json().and_then(|json| json.get("TopicArn"));
            assert!(json.is_some());
            assert!(embedded.context(|_| None).is_none());
        }
    }
}
