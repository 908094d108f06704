//! The event and the response as tags of `aws.lambda`, for functions that enable it.
//!
//! Objects and lists become one tag per value, named by its path: `function.request.items.0.price`. JSON within a string is
//! flattened as well. Secrets are recognized by member names and left out.

mod lossy;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::config::{Config, Destination};
use crate::contained::say;
use crate::json::{written, Json};
use crate::span::Tags;
use lossy::Lossy;

/// Values are cut to this many characters.
const MAX_CHARS: usize = 5_000;
/// The most values of a payload.
const MAX_TAGS: usize = 1_000;
/// The most bytes of a payload's tags.
const MAX_BYTES: usize = 512 * 1024;
/// The limit for spans that are log lines, of at most 64 KiB: it leaves room for the rest of the span.
const MAX_LOGGED_BYTES: usize = 16 * 1024;
/// The maximum nesting depth, whatever the settings say.
const MAX_DEPTH: usize = 64;
/// Members whose values are redacted, by what follows the last dot of their names, ignoring case.
const SECRETS: [&str; 8] = [
    "authorization",
    "x-authorization",
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
];
const REDACTED: &str = "redacted";

/// The tags of an event or a response, at `name` and below; none if it is not JSON.
pub(crate) fn flatten(name: &'static str, payload: &[u8], config: &Config) -> Tags {
    if serde_json::from_slice::<IgnoredAny>(payload).is_err() {
        return Tags::new();
    }
    let mut flattening = Flattening {
        tags: Tags::new(),
        path: name.to_owned(),
        max_depth: config.capture_depth.min(MAX_DEPTH),
        tags_left: MAX_TAGS,
        bytes_left: match config.destination {
            Destination::Log => MAX_LOGGED_BYTES,
            _ => MAX_BYTES,
        },
        is_full: false,
    };
    flattening.value(Json::new(payload), 0, false);
    if flattening.is_full {
        let values = MAX_TAGS - flattening.tags_left;
        say(
            &|| tracing::debug!(target: "ddlambda", values, "{name} is too large: the rest of it is not captured"),
        );
    }
    flattening.tags
}

struct Flattening {
    tags: Tags,
    path: String,
    max_depth: usize,
    tags_left: usize,
    bytes_left: usize,
    is_full: bool,
}

impl Flattening {
    fn value(&mut self, value: Json<'_>, depth: usize, secret: bool) {
        let is_deep = depth >= self.max_depth;
        let is_nested = value.is_object() || value.is_array();
        if secret && (is_deep || !is_nested) && !value.is_null() {
            return self.put(REDACTED);
        }
        if let Some(text) = text(value) {
            if !is_deep && is_json(&text) {
                return self.value(Json::new(text.as_bytes()), depth + 1, false);
            }
            return self.put(&redacted_text(text, depth));
        }
        if is_deep || !is_nested {
            return self.put(&Redaction::of(value, depth).out);
        }
        for (name, member) in value.members() {
            self.below(&name, member, depth + 1, is_secret(&name));
            if self.is_full {
                return;
            }
        }
        // The items of a list are as secret as the list.
        for (index, item) in value.items().enumerate() {
            self.below(&index.to_string(), item, depth + 1, secret);
            if self.is_full {
                return;
            }
        }
    }

    fn below(&mut self, name: &str, value: Json<'_>, depth: usize, secret: bool) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(name);
        self.value(value, depth, secret);
        self.path.truncate(length);
    }

    fn put(&mut self, text: &str) {
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        let bytes = written(&self.path) + written(text);
        if self.tags_left == 0 || bytes > self.bytes_left {
            self.is_full = true;
            return;
        }
        self.tags_left -= 1;
        self.bytes_left -= bytes;
        self.tags.set(&self.path, text);
    }
}

/// Only the part after the last dot counts: `db.password` is a password as well.
fn is_secret(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    SECRETS
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// The text of a string, decoded lossily if it has half a surrogate pair: otherwise it would not be searched for secrets.
fn text(value: Json<'_>) -> Option<Cow<'_, str>> {
    let lossy = || serde_json::from_slice(value.raw()).map(|Lossy(text)| text.into());
    value.string()?.decode().or_else(|| lossy().ok())
}

/// Whether text is JSON worth parsing: a number or a literal would only become the same text again.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_slice::<IgnoredAny>(text.as_bytes()).is_ok()
}

/// The text unchanged, unless it is JSON that contains secrets.
fn redacted_text(text: Cow<'_, str>, depth: usize) -> Cow<'_, str> {
    if !is_json(&text) {
        return text;
    }
    let redaction = Redaction::of(Json::new(text.as_bytes()), depth);
    match redaction.any {
        true => redaction.out.into(),
        false => text,
    }
}

/// Compact JSON without secrets.
#[derive(Default)]
struct Redaction {
    out: String,
    /// Whether something was redacted.
    any: bool,
}

impl Redaction {
    fn of(value: Json<'_>, depth: usize) -> Self {
        let mut redaction = Self::default();
        redaction.write(value, depth, false);
        redaction
    }

    fn write(&mut self, value: Json<'_>, depth: usize, secret: bool) {
        if depth > MAX_DEPTH {
            self.any = true;
            self.out += "...";
        } else if value.is_object() {
            self.out.push('{');
            for (at, (name, member)) in value.members().enumerate() {
                if self.is_full() {
                    break;
                }
                self.comma(at);
                self.text(&name);
                self.out.push(':');
                self.write(member, depth + 1, is_secret(&name));
            }
            self.out.push('}');
        } else if value.is_array() {
            self.out.push('[');
            for (at, item) in value.items().enumerate() {
                if self.is_full() {
                    break;
                }
                self.comma(at);
                self.write(item, depth + 1, secret);
            }
            self.out.push(']');
        } else if secret && !value.is_null() {
            self.any = true;
            self.text(REDACTED);
        } else if let Some(json) = text(value).filter(|text| is_json(text)) {
            let inner = Self::of(Json::new(json.as_bytes()), depth + 1);
            self.any |= inner.any;
            self.text(if inner.any { &inner.out } else { &json });
        } else {
            self.out += &String::from_utf8_lossy(value.raw());
        }
    }

    /// Whether there is certainly more than the characters kept.
    fn is_full(&self) -> bool {
        self.out.len() > 4 * MAX_CHARS
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.out.push(',');
        }
    }

    fn text(&mut self, text: &str) {
        self.out += &serde_json::to_string(text).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
