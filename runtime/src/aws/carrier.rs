//! The context of a call as it is sent: a JSON object whose members are the trace headers.

use std::cell::OnceCell;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde::de::IgnoredAny;

use super::splice::{write_string, Splice};
use crate::json::Json;
use crate::propagation::Inject;

/// The name of the attribute or member that holds the context.
pub(super) const NAME: &str = "_datadog";

/// The context that a call's span propagates. It is written when first needed, since that decides the trace's sampling.
pub(super) struct Context<'s> {
    source: &'s dyn Fn(&mut dyn Inject),
    /// Milliseconds since the Unix epoch.
    pub(super) now: u64,
    /// Whether all entries of a batch get it, or only the first.
    pub(super) whole_batches: bool,
    json: OnceCell<String>,
}

impl<'s> Context<'s> {
    pub(super) fn new(source: &'s dyn Fn(&mut dyn Inject), now: u64, whole_batches: bool) -> Self {
        Self {
            source,
            now,
            whole_batches,
            json: OnceCell::new(),
        }
    }

    /// The object; `None` if there is nothing to propagate.
    pub(super) fn json(&self) -> Option<&str> {
        let json = self.json.get_or_init(|| {
            let mut headers = Members(Vec::with_capacity(512));
            (self.source)(&mut headers);
            headers.finish()
        });
        (json != "{}").then_some(json)
    }

    /// The object with further members.
    pub(super) fn json_with(&self, more: &[(&'static str, &str)]) -> Option<String> {
        let json = self.json()?.strip_suffix('}')?;
        let mut members = Members(json.as_bytes().to_vec());
        for (name, value) in more {
            members.add(name, value);
        }
        Some(members.finish())
    }

    /// How many of `all` entries of a batch get the context.
    pub(super) fn entries(&self, all: usize) -> usize {
        match self.whole_batches {
            true => all,
            false => all.min(1),
        }
    }
}

/// A JSON object of strings that is being written.
struct Members(Vec<u8>);

impl Members {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        write_string(&mut self.0, name);
        self.0.push(b':');
        write_string(&mut self.0, value);
    }

    fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }
}

impl Inject for Members {
    fn set(&mut self, name: &'static str, value: String) {
        self.add(name, &value);
    }

    fn set_text(&mut self, name: &'static str, value: &str) {
        self.add(name, value);
    }
}

/// Adds `context` to `text`, a JSON object, as its member `_datadog`, replacing any that it has; `None` if `text` is
/// something else.
pub(super) fn with_context(text: &[u8], context: &str) -> Option<Vec<u8>> {
    let object = Json::new(text);
    if !object.is_object() || serde_json::from_slice::<IgnoredAny>(text).is_err() {
        return None;
    }
    let mut splice = Splice::new(text, NAME.len() + 4 + context.len());
    match object.get(NAME) {
        Some(old) => splice.replace(old).extend_from_slice(context.as_bytes()),
        None => splice.add_member(object, |out| write_member(out, context)),
    }
    splice.finish()
}

/// Writes the context as the member `_datadog`.
fn write_member(out: &mut Vec<u8>, context: &str) {
    write_string(out, NAME);
    out.push(b':');
    out.extend_from_slice(context.as_bytes());
}

/// Like [`with_context`], for JSON in a string of a request. Returns the new text of the string.
pub(super) fn string_with_context(string: Json<'_>, context: &str) -> Option<String> {
    let text = string.as_str()?;
    String::from_utf8(with_context(text.as_bytes(), context)?).ok()
}

pub(super) fn encode_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}
