//! URLs as spans show them: without credentials, and without what looks like a secret in the query.

mod secrets;

use std::borrow::Cow;

use crate::config::Query;
use secrets::obfuscated;

/// A longer query is left out: looking for secrets takes time.
const MAX_QUERY: usize = 4096;

/// A URL as written, without its credentials and fragment, and with as much of its query as `query` says.
#[cfg(any(feature = "reqwest", feature = "tracing"))]
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

#[cfg(all(test, any(feature = "reqwest", feature = "tracing")))]
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
}
