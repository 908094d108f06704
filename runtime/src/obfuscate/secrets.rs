//! What secrets look like in a query string.

use std::borrow::Cow;

use super::REDACTED;

/// Searches for secrets from left to right.
#[derive(Default)]
pub(super) struct Scanner {
    /// No JSON Web Token begins before this offset.
    no_web_token_before: usize,
}

/// The form of a name: one item of each list, in order.
type Name = &'static [&'static [&'static str]];

const SEPARATOR: &[&str] = &["", "-", "_"];

/// The names of secrets, ignoring case; they may be the end of a longer name.
const NAMES: [Name; 9] = [
    &[&["old", "new"], SEPARATOR, PASSWORD, &["", "1", "2"]],
    &[PASSWORD, &["", "1", "2"]],
    &[&["pass"], SEPARATOR, &["phrase"]],
    &[&["pass", "secret", "token"]],
    &[KEY_OF, SEPARATOR, &["key"]],
    &[KEY_OF, SEPARATOR, &["key"], SEPARATOR, &["id"]],
    &[&["consumer"], SEPARATOR, &["id", "key", "secret"]],
    &[&["sign", "signed", "signature"]],
    &[&["auth", "authentication", "authorization"]],
];
const PASSWORD: &[&str] = &["password", "passwd", "pword", "pwd"];
#[rustfmt::skip]
const KEY_OF: &[&str] = &["api", "private", "public", "access", "secret", "application", "app"];

impl Scanner {
    /// The query with `<redacted>` for every secret.
    pub(super) fn redact(mut self, query: &str) -> Cow<'_, str> {
        let mut redacted = String::new();
        let (mut at, mut copied) = (0, 0);
        while at < query.len() {
            let Some(length) = self.secret(query.as_bytes(), at) else {
                at += 1;
                continue;
            };
            // A secret begins and ends at ASCII characters, so these are character boundaries.
            redacted += query.get(copied..at).unwrap_or_default();
            redacted += REDACTED;
            at += length;
            copied = at;
        }
        match copied {
            0 => query.into(),
            _ => (redacted + query.get(copied..).unwrap_or_default()).into(),
        }
    }

    /// The length of the secret that begins at `at`, if one does.
    fn secret(&mut self, query: &[u8], at: usize) -> Option<usize> {
        let text = query.get(at..)?;
        match text.first()?.to_ascii_lowercase() {
            b'"' | b'%' => {
                let quote = quote(text)?;
                Some(quote + named(&text[quote..])?)
            }
            b'b' => bearer(text),
            b'e' => self.web_token(text, at).or_else(|| ssh_key(text)),
            b'g' => github_token(text),
            b'-' => private_key(text),
            b's' => named(text).or_else(|| ssh_key(text)),
            b't' => named(text).or_else(|| short_token(text)),
            b'o' | b'n' | b'p' | b'a' | b'c' => named(text),
            _ => None,
        }
    }

    /// `eyJ.. . eyJ.. . ..`: header, payload and, usually, signature.
    fn web_token(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let part = |text: &[u8]| {
            let begin = literal(text, "ey")?;
            matches!(text.get(begin)?.to_ascii_lowercase(), b'i'..=b'l').then_some(())?;
            let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"_=-".contains(&byte);
            match run(&text[begin + 1..], &is_base64, &["%3D"]) {
                0 => None,
                length => Some(begin + 1 + length),
            }
        };
        if at < self.no_web_token_before {
            return None;
        }
        let header = part(text)?;
        let payload = literal(&text[header..], ".").and_then(|dot| part(&text[header + dot..]));
        let Some(payload) = payload else {
            // A later start within these bytes would end at the same place.
            self.no_web_token_before = at + header;
            return None;
        };
        let signed = header + 1 + payload;
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+/=-".contains(&byte);
        let signature = literal(&text[signed..], ".")
            .map(|dot| run(&text[signed + dot..], &is_base64, &["%3D", "%2F", "%2B"]));
        Some(
            signed
                + signature
                    .filter(|length| *length > 0)
                    .map_or(0, |length| 1 + length),
        )
    }
}

/// The name of a secret and its value.
fn named(text: &[u8]) -> Option<usize> {
    NAMES.iter().find_map(|name| name_and_value(name, text))
}

fn name_and_value(name: &[&[&str]], text: &[u8]) -> Option<usize> {
    let Some((choices, further)) = name.split_first() else {
        return value(text);
    };
    choices.iter().find_map(|choice| {
        let length = literal(text, choice)?;
        Some(length + name_and_value(further, &text[length..])?)
    })
}

/// What follows a name: `=` and everything up to the next parameter, or the rest of a JSON member.
fn value(text: &[u8]) -> Option<usize> {
    let mut at = blanks(text);
    let equals = ["=", "%3D"]
        .iter()
        .find_map(|sign| literal(&text[at..], sign));
    if let Some(equals) = equals {
        at += equals;
        return match run(&text[at..], &|byte| byte != b'&', &[]) {
            0 => None,
            length => Some(at + length),
        };
    }
    let mut at = quote(text)?;
    at += blanks(&text[at..]);
    at += [":", "%3A"]
        .iter()
        .find_map(|sign| literal(&text[at..], sign))?;
    at += blanks(&text[at..]);
    at += quote(&text[at..])?;
    let begin = at;
    while quote(text.get(at..)?).is_none() {
        at += 1;
        text.get(at)?;
    }
    (at > begin).then_some(at + quote(&text[at..])?)
}

fn bearer(text: &[u8]) -> Option<usize> {
    let at = literal(text, "bearer")?;
    let space = blanks(&text[at..]);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let token = run(&text[at + space..], &is_token, &[]);
    (space > 0 && token > 0).then_some(at + space + token)
}

/// `token:` and 13 letters or digits.
fn short_token(text: &[u8]) -> Option<usize> {
    let at = ["token:", "token%3A"]
        .iter()
        .find_map(|begin| literal(text, begin))?;
    let token = text.get(at..at + 13)?;
    token
        .iter()
        .all(u8::is_ascii_alphanumeric)
        .then_some(at + 13)
}

/// `ghp_` and 36 letters or digits, and the same with GitHub's other prefixes.
fn github_token(text: &[u8]) -> Option<usize> {
    let at = ["gho_", "ghp_", "ghs_", "ghu_"]
        .iter()
        .find_map(|begin| literal(text, begin))?;
    let token = text.get(at..at + 36)?;
    token
        .iter()
        .all(u8::is_ascii_alphanumeric)
        .then_some(at + 36)
}

/// `-----BEGIN .. PRIVATE KEY-----` to its end marker.
fn private_key(text: &[u8]) -> Option<usize> {
    let title = |text: &[u8], begin: &str| {
        let at = literal(text, begin)?;
        let words = run(
            &text[at..],
            &|byte| byte.is_ascii_alphabetic() || is_blank(byte),
            &["%20"],
        );
        let title = String::from_utf8_lossy(&text[at..at + words]).to_ascii_uppercase();
        let title = title.replace("%20", " ").replace('+', " ");
        title
            .trim_end()
            .ends_with("PRIVATE KEY")
            .then_some(at + words)
    };
    let mut at = title(text, "-----BEGIN")?;
    at += literal(&text[at..], "-----")?;
    at += run(&text[at..], &|byte| byte != b'-', &[]);
    at += title(&text[at..], "-----END")?;
    at += literal(&text[at..], "-----").unwrap_or(0);
    Some(at)
}

/// The type of an SSH public key and at least 100 characters of the key.
fn ssh_key(text: &[u8]) -> Option<usize> {
    let mut at = match ["ssh-rsa", "ssh-dss"]
        .iter()
        .find_map(|kind| literal(text, kind))
    {
        Some(at) => at,
        None => {
            let mut at = literal(text, "ecdsa-")?;
            at += run(&text[at..], &|byte| byte.is_ascii_alphanumeric(), &[]);
            at += literal(&text[at..], "-")?;
            at + run(&text[at..], &|byte| byte.is_ascii_alphanumeric(), &[])
        }
    };
    let space = blanks(&text[at..]);
    at += space;
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"/.+".contains(&byte);
    let key = run(&text[at..], &is_base64, &["%2F", "%5C", "%2B"]);
    at += key;
    at += run(&text[at..], &|byte| byte == b'=', &["%3D"]);
    (space > 0 && key >= 100).then_some(at)
}

/// The length of `literal`, if the text begins with it, ignoring case.
// Not inlined, since literals are compared in many places.
#[inline(never)]
fn literal(text: &[u8], literal: &str) -> Option<usize> {
    let begin = text.get(..literal.len())?;
    begin
        .eq_ignore_ascii_case(literal.as_bytes())
        .then_some(literal.len())
}

fn quote(text: &[u8]) -> Option<usize> {
    literal(text, "\"").or_else(|| literal(text, "%22"))
}

fn blanks(text: &[u8]) -> usize {
    run(text, &is_blank, &["%20", "%09"])
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'+'
}

/// The length of the leading run of such bytes and escapes.
fn run(text: &[u8], is_part: &dyn Fn(u8) -> bool, escapes: &[&str]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escape = || {
            escapes
                .iter()
                .find_map(|escape| literal(&text[at..], escape))
        };
        at += match is_part(*byte) {
            true => 1,
            false => match escape() {
                Some(length) => length,
                None => break,
            },
        };
    }
    at
}
