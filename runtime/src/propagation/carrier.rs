//! Trace headers as a value.

use crate::json::Json;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Trace headers as a flat map of strings, such as `x-datadog-trace-id` or `traceparent`.
///
/// It serializes as a map. To deserialize, it accepts what producers write in its place:
///
/// - an object, of which only string and integer values are kept;
/// - a string that contains such an object as JSON;
/// - a message attribute such as `{"DataType": "String", "StringValue": "<json>"}`.
///
/// Anything else, such as `null`, becomes an empty carrier, so that a message from a producer without tracing can still
/// be decoded. In formats that are not human-readable, only a map of strings is accepted.
///
/// Header names are case-insensitive. A carrier holds at most 256 headers, since a producer may have put any map in its
/// place; further names are ignored.
///
/// ```
/// let carrier: ddlambda::Carrier = serde_json::from_str(r#"{"X-Datadog-Trace-Id": 42, "other": null}"#)?;
/// assert_eq!(carrier.get("x-datadog-trace-id"), Some("42"));
/// assert_eq!(carrier.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carrier(Vec<(String, String)>);

impl Carrier {
    /// Returns the value of a header. The name is case-insensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Sets a header, replacing any previous value. The name is case-insensitive. A new name is ignored if the carrier is
    /// full.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        put(&mut self.0, name.into(), value.into());
    }

    /// Removes a header and returns its value. The name is case-insensitive.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let known = |(known, _): &(String, String)| known.eq_ignore_ascii_case(name);
        let at = self.0.iter().position(known)?;
        Some(self.0.remove(at).1)
    }

    /// Returns an iterator over the names and values of all headers, in the order in which they were first set.
    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.into_iter()
    }

    /// Returns the number of headers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no headers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parses headers in JSON; see the type for the accepted forms.
    fn from_json(json: &str) -> Self {
        let members = Json::new(json.as_bytes()).members();
        members
            .filter_map(|(name, value)| Some((name, value.as_text()?)))
            .collect()
    }

    /// Parses the `StringValue`, if this is a message attribute instead of headers.
    fn unwrapped(self) -> Self {
        match self.get("StringValue") {
            Some(json) => Self::from_json(json),
            None => self,
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Carrier {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(headers: I) -> Self {
        let mut carrier = Self::default();
        carrier.extend(headers);
        carrier
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Carrier {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, headers: I) {
        for (name, value) in headers {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Carrier {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Carrier {
    type Item = (&'a str, &'a str);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (String, String)>,
        fn(&'a (String, String)) -> Self::Item,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl Serialize for Carrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Carrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let headers = deserializer.deserialize_any(Lenient { nested: false })?;
            Ok(headers.unwrapped())
        } else {
            let headers = BTreeMap::<String, String>::deserialize(deserializer)?;
            Ok(headers.into_iter().collect())
        }
    }
}

/// Accepts any value. A header's value is read as a carrier with one unnamed header.
struct Lenient {
    nested: bool,
}

impl Lenient {
    fn text<E>(self, text: &str) -> Result<Carrier, E> {
        Ok(match self.nested {
            true => [("", text)].into_iter().collect(),
            false => Carrier::from_json(text).unwrapped(),
        })
    }

    fn integer<E>(self, number: impl ToString) -> Result<Carrier, E> {
        match self.nested {
            true => self.text(&number.to_string()),
            false => Ok(Carrier::default()),
        }
    }
}

impl<'de> Visitor<'de> for Lenient {
    type Value = Carrier;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trace headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Carrier, A::Error> {
        let mut headers = Carrier::default();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<HeaderValue>()?;
            if let (Some(value), false) = (value.0, self.nested) {
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Carrier, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Carrier::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Carrier, E> {
        self.text(text)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Carrier, E> {
        self.integer(number)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Carrier, E> {
        self.integer(number)
    }

    fn visit_u128<E>(self, number: u128) -> Result<Carrier, E> {
        self.integer(number)
    }

    fn visit_i128<E>(self, number: i128) -> Result<Carrier, E> {
        self.integer(number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Carrier, E> {
        Ok(Carrier::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Carrier, E> {
        Ok(Carrier::default())
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Carrier, E> {
        Ok(Carrier::default())
    }

    fn visit_unit<E>(self) -> Result<Carrier, E> {
        Ok(Carrier::default())
    }

    fn visit_none<E>(self) -> Result<Carrier, E> {
        Ok(Carrier::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Carrier, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The text of a header, if its value is a string or an integer.
struct HeaderValue(Option<String>);

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(Lenient { nested: true })?;
        Ok(Self(value.into_iter().next().map(|(_, text)| text)))
    }
}

/// Further headers are ignored: trace headers are few, and the other entries of a large map are not trace headers.
const MAX_HEADERS: usize = 256;

/// Sets a header in a list, replacing any value it had.
pub(super) fn put(headers: &mut Vec<(String, String)>, name: String, value: String) {
    let room = headers.len() < MAX_HEADERS;
    match headers
        .iter_mut()
        .find(|(known, _)| known.eq_ignore_ascii_case(&name))
    {
        Some((_, old)) => *old = value,
        None if room => headers.push((name, value)),
        None => {}
    }
}

/// Removes a header from a list.
pub(super) fn discard(headers: &mut Vec<(String, String)>, name: &str) {
    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<(String, String)> {
        serde_json::from_str::<Carrier>(json)
            .unwrap()
            .into_iter()
            .collect()
    }

    #[test]
    fn whatever_stands_in_its_place_is_a_carrier() {
        let headers = [
            ("a".to_owned(), "1".to_owned()),
            ("B".to_owned(), "-2".to_owned()),
        ];
        for json in [
            r#"{"a": "1", "B": -2}"#,
            r#"{"a": 1, "c": null, "d": [1, {}], "e": {"a": "2"}, "f": 1.5, "g": true, "B": "-2"}"#,
            r#""{\"a\": \"1\", \"B\": -2}""#,
            r#"{"DataType": "String", "StringValue": "{\"a\": 1, \"B\": \"-2\"}"}"#,
            r#"{"dataType": "String", "stringValue": "{\"a\": 1, \"B\": \"-2\"}"}"#,
        ] {
            assert_eq!(read(json), headers, "{json}");
        }
        for json in [
            "null",
            "7",
            "-7",
            "1.5",
            "true",
            "\"\"",
            "\"text\"",
            "[]",
            "[[1], {}]",
            "{}",
            "{\"a\": null}",
        ] {
            assert_eq!(read(json), [], "{json}");
        }
        let from_value: Carrier = serde_json::from_value(serde_json::json!({"a": 1})).unwrap();
        assert_eq!(from_value.get("A"), Some("1"));
    }

    #[test]
    fn it_serializes_as_a_map() {
        let all = [("b", "1"), ("a", "2"), ("c", "4"), ("B", "3")];
        let mut carrier: Carrier = all.into_iter().collect();
        assert_eq!(carrier.remove("C").as_deref(), Some("4"));
        assert_eq!(carrier.remove("C"), None);
        assert!((&carrier).into_iter().eq([("b", "3"), ("a", "2")]));
        assert_eq!(
            serde_json::to_string(&carrier).unwrap(),
            r#"{"b":"3","a":"2"}"#
        );
    }
}
