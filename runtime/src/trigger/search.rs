//! Telling from raw text that there is nothing in it to read, so that plain messages cost next to nothing.

use super::eventbridge::Envelope;
use super::sns::Notification;
use crate::json::{find_any, Json};
use std::borrow::Cow;
use std::cell::OnceCell;

pub(super) use crate::json::Mark;

/// The member that carries trace headers.
pub(super) const DATADOG: Mark = Mark::new("_datadog", b"_d");

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
    decoded: OnceCell<Option<Cow<'a, str>>>,
}

impl<'a> Embedded<'a> {
    pub(super) fn new(value: Json<'a>) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// The JSON, if something of interest may stand in it: a context, or what another service has passed on. An object in
    /// place of the string is as good.
    pub(super) fn json(&self) -> Option<Json<'_>> {
        let value = self.value?;
        if value.is_object() {
            return Some(value);
        }
        let decoded = self.decoded.get_or_init(|| {
            let string = value.string()?;
            let (b'{' | b' ' | b'\\') = *string.raw().first()? else {
                return None;
            };
            find_any(string.raw(), [DATADOG, Envelope::MARK, Notification::MARK])?;
            string.decode()
        });
        Some(Json::new(decoded.as_ref()?.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_up_to_the_last_with_a_mark() {
        let others = |text: &str| {
            let records = Json::new(text.as_bytes());
            let found = others(records, [DATADOG, Mark::new("Other", b"Ot")]);
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
            let json = embedded.json()?;
            json.get("_datadog")?.as_u64()
        };
        assert_eq!(read(r#""{\"_datadog\": 7}""#), Some(7));
        assert_eq!(read(r#"{"_datadog": 7}"#), Some(7));
        assert_eq!(read(r#""{\"\u005fdatadog\": 7}""#), None);
        assert_eq!(read(r#""{\"_datadog\": \x}""#), None);
        assert_eq!(read("7"), None);
        assert!(Embedded::default().json().is_none());
    }
}
