//! Telling from raw text that there is nothing in it to read, so that plain messages cost next to nothing.

use crate::json::{find_any, Entries, Items, Json};
use std::borrow::Cow;
use std::cell::OnceCell;

pub(super) use crate::json::Mark;

/// The member that carries trace headers.
pub(super) const DATADOG: Mark = Mark::new("_datadog", b"_d");
/// A member of what SNS passes on.
pub(super) const SNS: Mark = Mark::new("TopicArn", b"cA");
/// The message among those members, which is text or JSON in turn.
const MESSAGE: Mark = Mark::new(r#"\"Message\""#, br#""M"#);
/// A member of what EventBridge passes on.
pub(super) const EVENTBRIDGE: Mark = Mark::new("detail-type", b"l-");

/// Reads records of a batch, for as long as one of `marks` is still to come.
pub(super) fn marked<'a, T, F, const N: usize>(
    mut records: Items<'a>,
    marks: [Mark; N],
    read: F,
) -> impl Iterator<Item = T> + use<'a, T, F, N>
where
    F: Fn(&mut Entries<'a>) -> T,
{
    let mut ahead = Ahead::default();
    std::iter::from_fn(move || {
        let rest = records.next()?.rest();
        let is_ahead = ahead.is_any(rest, |rest| find_any(rest, marks));
        is_ahead.then(|| records.walk(&read))
    })
}

/// Whether there is still a mark to come, searched for once per mark.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    /// How much text there was from where a mark was found last.
    left: usize,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { left: usize::MAX }
    }
}

impl Ahead {
    /// Whether there is one in `rest`, which is less of the same text each time.
    pub(super) fn is_any(
        &mut self,
        rest: &[u8],
        find: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> bool {
        if self.left > rest.len() {
            self.left = find(rest).map_or(0, |at| rest.len() - at);
        }
        self.left > 0
    }
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
            find_any(string.raw(), [DATADOG, EVENTBRIDGE, SNS])?;
            // What the topic says stands around the message, which can be large.
            let message = string.inner(MESSAGE).filter(|part| {
                let inside = &string.raw()[part.clone()];
                find_any(inside, [DATADOG, EVENTBRIDGE]).is_none()
            });
            match message {
                Some(part) => string.decode_without(part).map(Cow::Owned),
                None => string.decode(),
            }
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
            let mut records = Json::new(text.as_bytes()).elements();
            records.next();
            let id = |members: &mut Entries<'_>| {
                members.fold(None, |id, (_, value)| id.or(value.as_u64()))
            };
            marked(records, [DATADOG, Mark::new("Other", b"Ot")], id)
                .flatten()
                .collect::<Vec<_>>()
        };
        let plain = |id: u32| format!(r#"{{"id": {id}}}"#);
        let datadog = |id: u32| format!(r#"{{"id": {id}, "_datadog": {{}}}}"#);
        let other = |id: u32| format!(r#"{{"id": {id}, "text": "Other"}}"#);
        for (records, found) in [
            (vec![datadog(0), plain(1), plain(2)], vec![]),
            (vec![plain(0), plain(1), datadog(2), plain(3)], vec![1, 2]),
            (
                vec![plain(0), other(1), datadog(2), plain(3), other(4), plain(5)],
                vec![1, 2, 3, 4],
            ),
            (vec![plain(0), "7".to_owned(), datadog(2)], vec![2]),
            (vec![], vec![]),
        ] {
            assert_eq!(others(&format!("[{}]", records.join(", "))), found);
        }
        assert_eq!(others(r#"{"a": "_datadog"}"#), [0; 0]);
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
