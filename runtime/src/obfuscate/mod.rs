//! Hides secrets in the query strings of URLs.
//!
//! The definition of a secret is the default of Datadog's tracers: a parameter, or a JSON member, named like a secret; and
//! values that look like tokens and keys, whatever their name. It takes one pass, without a regular expression, in time
//! linear in the length.

mod secrets;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::config::{Config, QueryObfuscation};
use secrets::Scanner;

const REDACTED: &str = "<redacted>";

/// The query string of a URL, without its `?`, as a span may show it: by default with `<redacted>` for every secret.
pub(crate) fn query(query: &str) -> Cow<'_, str> {
    match Config::get().query_obfuscation {
        QueryObfuscation::Secrets => Scanner::default().redact(query),
        QueryObfuscation::All if !query.is_empty() => REDACTED.into(),
        _ => query.into(),
    }
}

/// A URL as a span may show it: its query by [`query`], without user and password, and without the fragment.
pub(crate) fn url(url: &str) -> Cow<'_, str> {
    let whole = url;
    let url = url.split('#').next().unwrap_or_default();
    let (place, asked) = match url.split_once('?') {
        Some((place, asked)) => (place, Some(asked)),
        None => (url, None),
    };
    let begin = place.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = place.split_at(begin);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match begin {
        0 => authority,
        _ => authority.rsplit('@').next().unwrap_or_default(),
    };
    let asked = asked.map(query);
    let is_same = host.len() == authority.len() && !matches!(asked, Some(Cow::Owned(_)));
    match asked {
        _ if is_same && url.len() == whole.len() => whole.into(),
        Some(asked) => [scheme, host, path, "?", &asked].concat().into(),
        None => [scheme, host, path].concat().into(),
    }
}
