//! Telling from raw text that there is nothing in it to read, so that plain messages cost next to nothing.

use crate::json::{Json, Str};
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A name that is searched for by way of its byte that is rarest in JSON: about as fast as a real search for text, in a
/// fraction of its code.
///
/// A name written with escapes is not found; no producer escapes these.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    name: &'static str,
    rare: u8,
}

impl Mark {
    /// The member that carries trace headers.
    pub(super) const DATADOG: Self = Self::new("_datadog", b'_');

    /// `rare` is a byte of `name`.
    pub(super) const fn new(name: &'static str, rare: u8) -> Self {
        Self { name, rare }
    }

    /// Where the name stands first in `text`.
    pub(super) fn find(self, text: &[u8]) -> Option<usize> {
        let name = self.name.as_bytes();
        let before = memchr(self.rare, name)?;
        memchr_iter(self.rare, text)
            .filter_map(|at| at.checked_sub(before))
            .find(|at| text[*at..].starts_with(name))
    }
}

/// The records of a batch behind the first, for as long as one of `marks` is still to come.
pub(super) fn others<'a, const N: usize>(
    records: Json<'a>,
    marks: [Mark; N],
) -> impl Iterator<Item = Json<'a>> {
    let mut marks = marks.map(|mark| (mark, usize::MAX));
    records.items().skip(1).take_while(move |record| {
        let rest = record.rest();
        marks.iter_mut().any(|(mark, left)| {
            // How much text there is from where it was found: more than `rest` means that it is passed.
            if *left > rest.len() {
                *left = mark.find(rest).map_or(0, |at| rest.len() - at);
            }
            *left > 0
        })
    })
}

/// What services pass on as JSON in a string, decoded once, and only if there is reason to.
#[derive(Default)]
pub(super) struct Embedded<'a> {
    value: Option<Json<'a>>,
    string: OnceCell<Option<Str<'a>>>,
    decoded: OnceCell<Option<Cow<'a, str>>>,
}

impl<'a> Embedded<'a> {
    pub(super) fn new(value: Json<'a>) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// The JSON, unless none of `marks` stands in it. An object in place of the string is as good.
    pub(super) fn json_with(&self, marks: &[Mark]) -> Option<Json<'_>> {
        let value = self.value?;
        if value.is_object() {
            return Some(value);
        }
        let string = (*self.string.get_or_init(|| value.string()))?;
        if !marks.iter().any(|mark| mark.find(string.raw()).is_some()) {
            return None;
        }
        let decoded = self.decoded.get_or_init(|| string.decode());
        Some(Json::new(decoded.as_ref()?.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_one_byte() {
        let find = |text: &str| Mark::new("a_b", b'_').find(text.as_bytes());
        assert_eq!(find("a_b"), Some(0));
        assert_eq!(find("_b a_c _ a_b a_b"), Some(9));
        assert_eq!(find("_b"), None);
        assert_eq!(find("a_"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn records_are_read_up_to_the_last_with_a_mark() {
        let others = |text: &str| {
            let records = Json::new(text.as_bytes());
            let found = others(records, [Mark::DATADOG, Mark::new("Other", b'O')]);
            found
                .map(|record| record.as_str().unwrap().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(others(r#"["_datadog", "a", "b"]"#), [""; 0]);
        assert_eq!(others(r#"["a", "b", "_datadog", "c"]"#), ["b", "_datadog"]);
        assert_eq!(
            others(r#"["a", "Other", "_datadog", "c", "Other", "d"]"#),
            ["Other", "_datadog", "c", "Other"]
        );
        assert_eq!(others("[]"), [""; 0]);
        assert_eq!(others("{\"a\": \"_datadog\"}"), [""; 0]);
    }

    #[test]
    fn embedded_json_is_decoded_for_a_reason() {
        let read = |text: &str| {
            let embedded = Embedded::new(Json::new(text.as_bytes()));
            let json = embedded.json_with(&[Mark::DATADOG])?;
            json.get("_datadog")?.as_u64()
        };
        assert_eq!(read(r#""{\"_datadog\": 7}""#), Some(7));
        assert_eq!(read(r#"{"_datadog": 7}"#), Some(7));
        assert_eq!(read(r#""{\"\u005fdatadog\": 7}""#), None);
        assert_eq!(read(r#""{\"_datadog\": \x}""#), None);
        assert_eq!(read("7"), None);
        assert!(Embedded::default().json_with(&[Mark::DATADOG]).is_none());
    }
}
