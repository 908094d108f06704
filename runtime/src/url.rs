//! URLs as spans show them: without credentials, and without what looks like a secret in the query.

use std::borrow::Cow;

use crate::config::Query;

/// What stands in place of a secret, as in Datadog's tracers.
const REDACTED: &str = "<redacted>";

/// A longer query is left out: looking for secrets takes time.
const MAX_QUERY: usize = 4096;

/// A URL as written, without its credentials and fragment, and with as much of its query as `query` says.
pub(crate) fn shown(url: &str, query: Query) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (place, asked) = match url.split_once('?') {
        Some((place, asked)) => (place, Some(asked)),
        None => (url, None),
    };
    let mut shown = String::with_capacity(url.len());
    match place.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
            shown.extend([scheme, "://", &rest[start..]]);
        }
        None => shown.push_str(place),
    }
    push_query(&mut shown, asked, query);
    shown
}

/// Adds what may be seen of a query, with its question mark.
pub(crate) fn push_query(url: &mut String, asked: Option<&str>, query: Query) {
    let asked = match (asked, query) {
        (Some(asked), Query::Obfuscated) if asked.len() <= MAX_QUERY => obfuscated(asked),
        (Some(asked), Query::Shown) => Cow::Borrowed(asked),
        _ => return,
    };
    url.push('?');
    url.push_str(&asked);
}

/// A query in which what the tracers' default pattern finds is [`REDACTED`].
fn obfuscated(query: &str) -> Cow<'_, str> {
    let bytes = query.as_bytes();
    let mut shown = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < bytes.len() {
        match secret(&bytes[at..]) {
            // Both ends are beside characters of ASCII, or at the end.
            Some(length) => {
                shown.push_str(&query[kept..at]);
                shown.push_str(REDACTED);
                at += length;
                kept = at;
            }
            None => at += 1,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(query);
    }
    shown.push_str(&query[kept..]);
    Cow::Owned(shown)
}

/// The length of the secret that the text begins with.
fn secret(text: &[u8]) -> Option<usize> {
    let rest = match text.first()?.to_ascii_lowercase() {
        b'b' => bearer(text),
        b'e' => web_token(text),
        b'g' => github_token(text),
        b't' => named(text).or_else(|| token(text)),
        b's' => named(text).or_else(|| ssh_key(text)),
        b'a' | b'c' | b'p' => named(text),
        b'-' => private_key(text),
        _ => None,
    }?;
    Some(text.len() - rest.len())
}

/// A name for secrets with its value, `password=..`, also within JSON, `"password": ".."`.
fn named(text: &[u8]) -> Option<&[u8]> {
    let rest = name(text)?;
    let value = spaces(rest);
    if let Some(value) = either(value, b"=", b"%3D") {
        let end = value.iter().position(|byte| *byte == b'&');
        let end = end.unwrap_or(value.len());
        return (end > 0).then_some(&value[end..]);
    }
    let rest = spaces(quote(rest)?);
    let rest = spaces(either(rest, b":", b"%3A")?);
    let mut value = quote(rest)?;
    let start = value;
    loop {
        if let Some(rest) = quote(value) {
            return (value.len() < start.len()).then_some(rest);
        }
        value = value.get(1..)?;
    }
}

/// What follows a name for secrets.
fn name(text: &[u8]) -> Option<&[u8]> {
    const PLAIN: [&[u8]; 15] = [
        b"password",
        b"passwd",
        b"pword",
        b"pwd",
        b"pass_phrase",
        b"passphrase",
        b"pass",
        b"secret",
        b"token",
        b"signature",
        b"signed",
        b"sign",
        b"authentication",
        b"authorization",
        b"auth",
    ];
    const OF_KEYS: [&[u8]; 5] = [b"api", b"private", b"public", b"access", b"secret"];
    let key = |of: &&[u8]| {
        let rest = word(text, of)?;
        let rest = word(word(rest, b"_").unwrap_or(rest), b"key")?;
        Some(
            word(rest, b"_id")
                .or_else(|| word(rest, b"id"))
                .unwrap_or(rest),
        )
    };
    let consumer = || {
        let rest = word(text, b"consumer")?;
        let rest = word(rest, b"_").unwrap_or(rest);
        let kinds: [&[u8]; 3] = [b"id", b"key", b"secret"];
        kinds.iter().find_map(|kind| word(rest, kind))
    };
    let plain = || PLAIN.iter().find_map(|plain| word(text, plain));
    OF_KEYS
        .iter()
        .find_map(key)
        .or_else(consumer)
        .or_else(plain)
}

/// `bearer ..`
fn bearer(text: &[u8]) -> Option<&[u8]> {
    let rest = word(text, b"bearer")?;
    let value = spaces(rest);
    let length = run(value, |byte| {
        byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
    });
    (value.len() < rest.len() && length > 0).then_some(&value[length..])
}

/// `token:` and 13 letters or digits.
fn token(text: &[u8]) -> Option<&[u8]> {
    exactly(13, either(word(text, b"token")?, b":", b"%3A")?)
}

/// `gho_` or the like, and 36 letters or digits.
fn github_token(text: &[u8]) -> Option<&[u8]> {
    let rest = word(text, b"gh")?;
    let kinds: [&[u8]; 4] = [b"o_", b"p_", b"s_", b"u_"];
    exactly(36, kinds.iter().find_map(|kind| word(rest, kind))?)
}

/// Two or three parts in Base64 with dots between them, the first two of which begin as JSON objects do.
fn web_token(text: &[u8]) -> Option<&[u8]> {
    let part = |text| {
        let rest = word(text, b"ey")?;
        let begins = matches!(rest.first()?.to_ascii_lowercase(), b'i'..=b'l');
        let rest = begins.then_some(&rest[1..])?;
        let end = encoded(rest, b"_=-", &[b"%3D"]);
        (end.len() < rest.len()).then_some(end)
    };
    let two = part(word(part(text)?, b".")?)?;
    let third =
        word(two, b".").map(|rest| (rest, encoded(rest, b"_.+/=-", &[b"%3D", b"%2F", b"%2B"])));
    Some(match third {
        Some((begin, end)) if end.len() < begin.len() => end,
        _ => two,
    })
}

/// `-----BEGIN .. PRIVATE KEY-----` up to its end.
fn private_key(text: &[u8]) -> Option<&[u8]> {
    let bounds = |text, word_: &[u8]| {
        let rest = word(word(text, b"-----")?, word_)?;
        let end = rest
            .iter()
            .position(|byte| *byte == b'-')
            .unwrap_or(rest.len());
        let (kind, rest) = rest.split_at(end);
        let is_private = [&b"PRIVATE KEY"[..], b"PRIVATE%20KEY", b"PRIVATE+KEY"];
        let ends = |known: &&[u8]| {
            let start = kind.len().checked_sub(known.len());
            start.is_some_and(|start| kind[start..].eq_ignore_ascii_case(known))
        };
        is_private.iter().any(ends).then_some(rest)
    };
    let key = word(bounds(text, b"BEGIN")?, b"-----")?;
    let end = key.iter().position(|byte| *byte == b'-')?;
    let rest = (end > 0).then(|| bounds(&key[end..], b"END"))??;
    Some(word(rest, b"-----").unwrap_or(rest))
}

/// `ssh-rsa` and at least 100 characters of a key.
fn ssh_key(text: &[u8]) -> Option<&[u8]> {
    let key = spaces(word(text, b"ssh-rsa")?);
    let end = encoded(key, b"/.+", &[b"%2F", b"%5C", b"%2B"]);
    (key.len() - end.len() >= 100).then_some(end)
}

/// What follows `known`, in any case of letters.
fn word<'a>(text: &'a [u8], known: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(known.len())?;
    start.eq_ignore_ascii_case(known).then_some(rest)
}

fn either<'a>(text: &'a [u8], one: &[u8], other: &[u8]) -> Option<&'a [u8]> {
    word(text, one).or_else(|| word(text, other))
}

fn quote(text: &[u8]) -> Option<&[u8]> {
    either(text, b"\"", b"%22")
}

/// What follows any number of spaces.
fn spaces(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = either(text, b" ", b"%20") {
        text = rest;
    }
    text
}

/// What follows letters, digits, `more` characters and those `escaped`.
fn encoded<'a>(mut text: &'a [u8], more: &[u8], escaped: &[&[u8]]) -> &'a [u8] {
    loop {
        text = &text[run(text, |byte| {
            byte.is_ascii_alphanumeric() || more.contains(&byte)
        })..];
        match escaped.iter().find_map(|escaped| word(text, escaped)) {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

/// What follows so many letters or digits.
fn exactly(count: usize, text: &[u8]) -> Option<&[u8]> {
    let (start, rest) = text.split_at_checked(count)?;
    start.iter().all(u8::is_ascii_alphanumeric).then_some(rest)
}

fn run(text: &[u8], of: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| of(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_credentials_and_fragment() {
        for (url, expected) in [
            ("https://a.example/b?c=d#e", "https://a.example/b?c=d"),
            (
                "https://ada:lovelace@a.example:8443/b@c",
                "https://a.example:8443/b@c",
            ),
            ("http://ada@a.example", "http://a.example"),
            ("http://ada:p@ss@a.example?x=@", "http://a.example?x=@"),
            ("/b?token=1", "/b?<redacted>"),
            ("", ""),
        ] {
            assert_eq!(shown(url, Query::Obfuscated), expected);
        }
        let url = "http://a.example/b?pwd=1";
        assert_eq!(shown(url, Query::Shown), url);
        assert_eq!(shown(url, Query::Hidden), "http://a.example/b");
    }

    #[test]
    fn what_looks_like_a_secret_is_redacted() {
        let github = format!("gho_{}", "a1".repeat(18));
        let ssh = format!("ssh-rsa%20{}", "A%2Fb".repeat(20));
        for (query, expected) in [
            (
                "key1=val1&token=a0b21ce2-006f&key2=val2",
                "key1=val1&<redacted>&key2=val2",
            ),
            ("a=1&b=2", "a=1&b=2"),
            (
                "PassWord=x&pwd=y&passwd=z&pword=w",
                "<redacted>&<redacted>&<redacted>&<redacted>",
            ),
            (
                "pass_phrase=x&passphrase=y&pass=z&secret%20%3Dx",
                "<redacted>&<redacted>&<redacted>&<redacted>",
            ),
            (
                "my_api_key=1&apikeyid=2&access_key_id=3",
                "my_<redacted>&<redacted>&<redacted>",
            ),
            (
                "secretkey=1&public_key=2&private_keyid=3",
                "<redacted>&<redacted>&<redacted>",
            ),
            (
                "consumer_id=1&consumerkey=2&consumer=3",
                "<redacted>&<redacted>&consumer=3",
            ),
            (
                "sign=1&signed=2&signature=3&signal=4",
                "<redacted>&<redacted>&<redacted>&signal=4",
            ),
            (
                "auth=1&authentication=2&authorization=3&author=4",
                "<redacted>&<redacted>&<redacted>&author=4",
            ),
            ("token=&x=1", "token=&x=1"),
            (
                "x=%7B%22password%22%3A%20%22a%20b%22%7D&y=2",
                "x=%7B%22<redacted>%7D&y=2",
            ),
            ("x={\"token\":\"é\"}", "x={\"<redacted>}"),
            ("x=\"token\":\"\"", "x=\"token\":\"\""),
            ("x=bearer%20ab.c-d_e&y", "x=<redacted>&y"),
            ("x=bearer&y", "x=bearer&y"),
            ("x=token:abcdefghijklm9", "x=<redacted>9"),
            ("x=token:abc", "x=token:abc"),
            (github.as_str(), "<redacted>"),
            ("ghx_abc", "ghx_abc"),
            ("x=eyJhbGci.eyJzdWIi.c2ln%3D&y", "x=<redacted>&y"),
            ("x=eyJhbGci.eyJzdWIi", "x=<redacted>"),
            ("x=eyJhbGci.abc", "x=eyJhbGci.abc"),
            (ssh.as_str(), "<redacted>"),
            ("ssh-rsa%20short", "ssh-rsa%20short"),
            (
                "k=-----BEGIN%20RSA%20PRIVATE%20KEY-----abc-----END%20RSA%20PRIVATE%20KEY-----&y",
                "k=<redacted>&y",
            ),
            (
                "k=-----BEGIN%20CERTIFICATE-----abc",
                "k=-----BEGIN%20CERTIFICATE-----abc",
            ),
            ("é=1&pwd=é", "é=1&<redacted>"),
        ] {
            assert_eq!(obfuscated(query), expected, "{query}");
        }
    }

    #[test]
    fn any_text_can_be_looked_at() {
        let parts = [
            "pass",
            "key",
            "=",
            "%3D",
            "\"",
            "%2",
            "%",
            ":",
            "é",
            "ey",
            "J.",
            "-----BEGIN",
            " PRIVATE KEY-----",
            "&",
        ];
        for one in parts {
            for two in parts {
                for three in parts {
                    let query = [one, two, three, one].concat();
                    assert!(!obfuscated(&query).is_empty(), "{query}");
                }
            }
        }
    }
}
