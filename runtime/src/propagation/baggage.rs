//! W3C `baggage`: key-value pairs of the application that travel with a trace.

use std::borrow::Cow;
use std::sync::Arc;

use super::fields::{split, split_once, trim};
use super::{Headers, Inject};
use crate::config::Propagation;
use crate::plain::{plain, Plain};
use crate::span::Tags;

/// Key-value pairs, in the order in which the keys were first set. Clones share them until one is changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Baggage(Option<Arc<Vec<Item>>>);

type Item = (String, String);

impl Baggage {
    pub(crate) fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    fn items(&self) -> &[Item] {
        self.0.as_ref().map_or(&[], |items| items)
    }

    fn items_mut(&mut self) -> &mut Vec<Item> {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Sets an item, replacing any value it had. An item without a key or a value cannot be sent, and is removed.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        if key.is_empty() || value.is_empty() {
            return self.remove(&key);
        }
        put(self.items_mut(), key, value);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if self.get(key).is_some() {
            self.items_mut().retain(|(known, _)| known != key);
        }
    }

    /// Sets the items selected by the settings as span tags.
    pub(crate) fn tag(&self, settings: &Propagation, tags: &mut Tags) {
        let wanted = settings.baggage_tags.as_slice();
        for (key, value) in self.iter() {
            if wanted == ["*"] || wanted.iter().any(|wanted| wanted == key) {
                tags.push(&["baggage.", key].concat(), value);
            }
        }
    }
}

impl PartialEq for Baggage {
    fn eq(&self, other: &Self) -> bool {
        self.items() == other.items()
    }
}

/// The items of the header, up to the limits; none if one of them is malformed.
pub(super) fn extract(headers: &Headers<'_>, settings: &Propagation) -> Baggage {
    let header = headers.baggage.as_deref();
    header
        .and_then(|header| read(header, settings))
        .unwrap_or_default()
}

fn read(header: &str, settings: &Propagation) -> Option<Baggage> {
    let mut items = Vec::new();
    let mut end = 0;
    for item in split(header, b',') {
        end += item.len();
        if end > settings.max_baggage_bytes || items.len() >= settings.max_baggage_items {
            break;
        }
        end += 1;
        // The text after a semicolon is properties of the value.
        let (key, value) = split_once(split(item, b';').next()?, b'=')?;
        let (key, value) = (decode(trim(key)), decode(trim(value)));
        if key.is_empty() || value.is_empty() {
            return None;
        }
        put(&mut items, key.into_owned(), value.into_owned());
    }
    Some(Baggage(Some(Arc::new(items))))
}

fn put(items: &mut Vec<Item>, key: String, value: String) {
    match items.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => items.push((key, value)),
    }
}

/// Writes the header with the first items that fit, if there are any. `text` is a buffer for it.
pub(super) fn inject(
    baggage: &Baggage,
    settings: &Propagation,
    into: &mut dyn Inject,
    text: &mut String,
) {
    text.clear();
    for (key, value) in baggage.iter().take(settings.max_baggage_items) {
        let before = text.len();
        if before > 0 {
            text.push(',');
        }
        encode(key, text, &TOKEN);
        text.push('=');
        encode(value, text, &VALUE);
        if text.len() > settings.max_baggage_bytes {
            text.truncate(before);
            break;
        }
    }
    // The header does not belong to the trace alone: what the application has put there stays.
    if !text.is_empty() {
        into.set_text("baggage", text);
    }
}

/// The characters that need no escaping in a key: those W3C allows, without the percent sign.
const TOKEN: Plain = plain(b"!#$&'*+-.^_`|~");
/// The characters that need no escaping in a value.
const VALUE: Plain = plain(b"!#$&'*+-.^_`|~()/:<>?@[]{}");

fn encode(text: &str, into: &mut String, plain: &Plain) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if text.bytes().all(|byte| plain[usize::from(byte)]) {
        return into.push_str(text);
    }
    for byte in text.bytes() {
        if plain[usize::from(byte)] {
            into.push(byte.into());
        } else {
            into.push('%');
            into.push(DIGITS[usize::from(byte >> 4)].into());
            into.push(DIGITS[usize::from(byte & 15)].into());
        }
    }
}

/// Decodes percent escapes. Malformed ones are left as they are, and invalid UTF-8 is replaced.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn items(header: &str) -> Vec<(String, String)> {
        let (settings, _) = Propagation::of(&[]);
        read(header, &settings).unwrap_or_default().items().to_vec()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    fn sent(items: &[(&str, &str)], variables: &[(&str, &str)]) -> Option<String> {
        let (settings, _) = Propagation::of(variables);
        let mut baggage = Baggage::default();
        for (key, value) in items {
            baggage.set(*key, *value);
        }
        let mut headers = BTreeMap::new();
        inject(&baggage, &settings, &mut headers, &mut String::new());
        headers.remove("baggage")
    }

    #[test]
    fn items_are_read_without_spaces_escapes_and_properties() {
        assert_eq!(items(" a = 1 ,b=x%20y"), [pair("a", "1"), pair("b", "x y")]);
        assert_eq!(items("a=1;ttl=5;on,b=2"), [pair("a", "1"), pair("b", "2")]);
        assert_eq!(items("%C3%A9=%zz%4"), [pair("é", "%zz%4")]);
        assert_eq!(items("a=%FF+b=c"), [pair("a", "\u{fffd}+b=c")]);
        assert_eq!(items("a=1,b=2,a=3"), [pair("a", "3"), pair("b", "2")]);
    }

    #[test]
    fn one_malformed_item_spoils_them_all() {
        for header in ["", ",", "a", "=1", "a=", "a=1,b", "a=1,", "a=1,=2", "a=;p"] {
            assert_eq!(items(header), [], "{header}");
        }
    }

    #[test]
    fn what_is_beyond_the_limits_is_not_read() {
        let header = |count| {
            let item = |at: usize| format!("k{at}=1");
            (0..count).map(item).collect::<Vec<_>>().join(",")
        };
        assert_eq!(items(&header(65)).len(), 64);
        assert_eq!(items(&(header(64) + ",malformed")).len(), 64);
        let long = format!("a=1,b={},c=2", "x".repeat(8192 - 6));
        assert_eq!(items(&long).len(), 2);
        let longer = format!("a=1,b={},c=2", "x".repeat(8192 - 5));
        assert_eq!(items(&longer), [pair("a", "1")]);
    }

    #[test]
    fn what_a_header_cannot_hold_is_escaped() {
        for (key, value, header) in [
            ("foo", "bar", "foo=bar"),
            ("userId", "Amélie", "userId=Am%C3%A9lie"),
            ("server node", "DF 28", "server%20node=DF%2028"),
            (
                "a(b)",
                "a(b),c;d\"\\=%",
                "a%28b%29=a(b)%2Cc%3Bd%22%5C%3D%25",
            ),
        ] {
            assert_eq!(sent(&[(key, value)], &[]).as_deref(), Some(header));
        }
        assert_eq!(sent(&[], &[]), None);
    }

    #[test]
    fn the_first_item_that_does_not_fit_is_the_last() {
        let limit = [("DD_TRACE_BAGGAGE_MAX_BYTES", "7")];
        let items = [("a", "1"), ("b", "23"), ("c", "4")];
        assert_eq!(sent(&items, &limit).as_deref(), Some("a=1"));
        let limit = [("DD_TRACE_BAGGAGE_MAX_ITEMS", "2")];
        assert_eq!(sent(&items, &limit).as_deref(), Some("a=1,b=23"));
    }
}
