//! Compares the view with `serde_json` on generated documents.

use super::Json;
use serde_json::Value;

/// A deterministic source of documents.
pub(super) struct Generator(pub(super) u64);

impl Generator {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn value(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => self.below(u64::MAX).into(),
            3 => (-(self.below(1 << 31) as i64)).into(),
            4 => (self.below(1000) as f64 / 8.0).into(),
            5 => self.text().into(),
            6 => (0..self.below(5))
                .map(|_| self.value(depth - 1))
                .collect::<Vec<_>>()
                .into(),
            _ => {
                let members = (0..self.below(6)).map(|_| (self.text(), self.value(depth - 1)));
                Value::Object(members.collect())
            }
        }
    }

    /// Text of lengths up to where the search for its end changes its method, with characters that need escapes.
    fn text(&mut self) -> String {
        const LETTERS: [char; 16] = [
            'a',
            'b',
            '{',
            '}',
            '[',
            ']',
            ',',
            ':',
            '"',
            '\\',
            '\n',
            '\u{1}',
            'é',
            '\u{2028}',
            '\u{1f600}',
            '/',
        ];
        let plain = self.below(2) == 0;
        let limit = if plain { 2 } else { LETTERS.len() as u64 };
        (0..self.below(60))
            .map(|_| LETTERS[self.below(limit) as usize])
            .collect()
    }

    /// The document with white space between all tokens, and every character of its strings escaped.
    fn spread(value: &Value) -> String {
        let text = |text: &str| {
            let units: String = text
                .encode_utf16()
                .map(|unit| format!("\\u{unit:04X}"))
                .collect();
            format!("\"{units}\"")
        };
        match value {
            Value::String(string) => text(string),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::spread).collect();
                format!("[ {} \n]", items.join("\t, "))
            }
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("{} :\r\n{}", text(key), Self::spread(value)));
                format!("{{ {} \t}}", members.collect::<Vec<_>>().join(" , "))
            }
            other => other.to_string(),
        }
    }
}

fn compare(json: Json<'_>, value: &Value) {
    assert_eq!(json.as_str().as_deref(), value.as_str());
    assert_eq!(json.as_u64(), value.as_u64());
    assert_eq!(json.as_i64(), value.as_i64());
    assert_eq!(json.as_f64(), value.as_f64());
    assert_eq!(json.as_bool(), value.as_bool());
    assert_eq!(json.is_null(), value.is_null());
    assert_eq!(json.is_object(), value.is_object());
    assert_eq!(json.is_array(), value.is_array());
    assert_eq!(&serde_json::from_slice::<Value>(json.raw()).unwrap(), value);
    let items: Vec<_> = json.items().collect();
    assert_eq!(items.len(), value.as_array().map_or(0, Vec::len));
    for (item, value) in items.iter().zip(value.as_array().into_iter().flatten()) {
        compare(*item, value);
    }
    assert_eq!(
        json.members().count(),
        value.as_object().map_or(0, serde_json::Map::len)
    );
    for (key, member) in json.members() {
        compare(member, &value[key.as_ref()]);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        compare(json.get(key).unwrap(), value);
        assert!(json.get_ignore_case(&key.to_ascii_uppercase()).is_some());
    }
    assert!(json.get("no such member").is_none());
}

#[test]
fn every_document_reads_as_serde_json_reads_it() {
    let mut generator = Generator(42);
    for _ in 0..2_000 {
        let value = generator.value(4);
        compare(Json::new(value.to_string().as_bytes()), &value);
        compare(Json::new(format!(" {value:#} \n").as_bytes()), &value);
        compare(Json::new(Generator::spread(&value).as_bytes()), &value);
    }
}

#[test]
fn text_within_text_within_text_ends_where_it_ends() {
    let mut generator = Generator(9);
    for _ in 0..500 {
        let mut value = generator.value(3);
        for _ in 0..3 {
            let behind = generator.text();
            value = serde_json::json!([value.to_string(), behind]);
            compare(Json::new(value.to_string().as_bytes()), &value);
        }
    }
}

/// Calls every accessor of a value and of all values below it.
fn probe(json: Json<'_>, depth: usize) {
    let _ = (
        json.as_str(),
        json.as_u64(),
        json.as_i64(),
        json.as_f64(),
        json.as_bool(),
    );
    let _ = (
        json.raw(),
        json.get("a"),
        json.get_ignore_case("A"),
        format!("{json:?}"),
    );
    if depth > 0 {
        json.items().for_each(|item| probe(item, depth - 1));
        json.members()
            .for_each(|(_, member)| probe(member, depth - 1));
    }
}

#[test]
fn no_text_makes_it_panic() {
    let mut generator = Generator(7);
    for _ in 0..200 {
        let text = generator.value(3).to_string().into_bytes();
        for end in 0..text.len() {
            probe(Json::new(&text[..end]), 4);
        }
        for _ in 0..50 {
            let mut garbled = text.clone();
            let at = generator.below(text.len() as u64) as usize;
            garbled[at] = generator.below(256) as u8;
            probe(Json::new(&garbled), 4);
        }
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    assert_eq!(Json::new(deep.as_bytes()).raw().len(), 2_000_000);
    let unclosed = "{\"a\":".repeat(1_000_000);
    assert_eq!(Json::new(unclosed.as_bytes()).members().count(), 1);
}

#[test]
fn what_is_malformed_is_absent() {
    for text in [
        "",
        " ",
        "\"",
        "\"a",
        "tru",
        "nul",
        "-",
        "--1",
        "+1",
        ".5",
        "\u{feff}1",
        "{",
        "[",
        "}",
        "x",
    ] {
        let json = Json::new(text.as_bytes());
        assert!(json.as_str().is_none() && json.as_f64().is_none(), "{text}");
        assert!(json.as_bool().is_none() && !json.is_null(), "{text}");
        assert_eq!(json.items().count() + json.members().count(), 0, "{text}");
    }
    for text in [
        r#"{"a"}"#,
        r#"{"a" 1}"#,
        r#"{"a":}"#,
        r#"{a: 1}"#,
        r#"{1: 1}"#,
        r#"{,"a":1}"#,
        r#"{"b":1 "a":1}"#,
    ] {
        let a = Json::new(text.as_bytes()).get("a");
        assert!(a.and_then(|a| a.as_u64()).is_none(), "{text}");
    }
    for escape in [
        "\\",
        "\\x",
        "\\u",
        "\\u12",
        "\\uD83D",
        "\\uD83Dx",
        "\\uD83D\\u0041",
        "\\uDE00",
        "\\u+123",
    ] {
        let text = format!("\"{escape}\"");
        assert_eq!(Json::new(text.as_bytes()).as_str(), None, "{text}");
    }
    assert_eq!(Json::new(b"\"\xff\"").as_str(), None);
    assert_eq!(Json::new(b"{\"\xff\":1,\"a\":2}").members().count(), 1);
    assert_eq!(
        Json::new(b"{\"\xff\":1,\"a\":2}")
            .get("a")
            .and_then(|a| a.as_u64()),
        Some(2)
    );
}

#[test]
fn strings_are_borrowed_unless_they_have_escapes() {
    let text = Json::new(br#"["plain", "es\tcaped"]"#);
    let strings: Vec<_> = text.items().filter_map(|item| item.as_str()).collect();
    assert!(matches!(strings[0], std::borrow::Cow::Borrowed("plain")));
    assert!(matches!(&strings[1], std::borrow::Cow::Owned(text) if text == "es\tcaped"));
}
