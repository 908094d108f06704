//! Splits short texts such as headers. The methods of `str` take several times as long for these.

use crate::json::find_byte;

/// The parts before and after the first `separator`.
pub(super) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = find_byte(text.as_bytes(), separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The parts between separators: at least one, any of which may be empty.
pub(super) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (field, next) = match split_once(text, separator) {
            Some((field, next)) => (field, Some(next)),
            None => (text, None),
        };
        rest = next;
        Some(field)
    })
}

/// The text without spaces and tabs at both ends.
pub(super) fn trim(text: &str) -> &str {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    match (
        bytes.iter().position(is_text),
        bytes.iter().rposition(is_text),
    ) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_splits_as_the_standard_library_does() {
        for text in ["", ",", "a", "a,b", ",é,,ü", "a,"] {
            let ours: Vec<&str> = split(text, b',').collect();
            assert_eq!(ours, text.split(',').collect::<Vec<_>>(), "{text:?}");
            assert_eq!(split_once(text, b','), text.split_once(','), "{text:?}");
        }
        for text in ["", " ", "a", " \t a b\t ", "é ", "\u{a0}a\n"] {
            assert_eq!(trim(text), text.trim_matches([' ', '\t']), "{text:?}");
        }
    }
}
