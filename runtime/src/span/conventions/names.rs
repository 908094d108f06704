//! Names of tags.

use crate::config::Config;
use crate::obfuscate;
use crate::span::{Span, Tags};

/// Libraries with field names of their own, by target and span name: the tags to add, and the fields to rename.
const LIBRARIES: [(&str, &str, Names, Names); 2] = [
    (
        // `TraceLayer` of tower-http, which is common with axum, too.
        "tower_http::trace::make_span",
        "request",
        &[("span.kind", "server"), ("component", "tower-http")],
        &[
            ("method", "http.method"),
            ("uri", "http.url"),
            ("version", "http.version"),
        ],
    ),
    (
        // Fred, for Redis; the command is recorded later.
        "fred::trace::enabled",
        "fred.command",
        &[
            ("span.kind", "client"),
            ("component", "fred"),
            ("db.system", "redis"),
        ],
        &[],
    ),
];

type Names = &'static [(&'static str, &'static str)];

/// Attributes of the conventions, old and new, and Datadog's names for them.
const NAMES: Names = &[
    ("http.request.method", "http.method"),
    ("http.response.status_code", "http.status_code"),
    ("url.full", "http.url"),
    ("user_agent.original", "http.useragent"),
    ("http.user_agent", "http.useragent"),
    ("network.protocol.version", "http.version"),
    ("db.system.name", "db.system"),
    ("db.namespace", "db.name"),
    ("db.operation.name", "db.operation"),
    ("cmd.name", "db.operation"),
    ("db.query.text", "db.statement"),
    ("messaging.operation.type", "messaging.operation"),
    ("messaging.operation.name", "messaging.operation"),
    ("messaging.destination", "messaging.destination.name"),
];

/// The same for client spans: their destination.
const NAMES_OF_CLIENTS: Names = &[
    ("server.address", "out.host"),
    ("net.peer.name", "out.host"),
];
/// The destination's port, which is a number.
const PORTS_OF_CLIENTS: [&str; 2] = ["server.port", "net.peer.port"];
/// Tags that are URLs.
const URLS: [&str; 2] = ["http.url", "http.target"];
/// A tag that is only a query string.
const QUERY: &str = "url.query";

/// Renames the fields of a library that has names of its own; for each new span.
pub(crate) fn translate(target: &str, span: &mut Span) {
    let mut known = LIBRARIES.iter();
    let known = known.find(|(its, name, ..)| *its == target && *name == span.name);
    let Some((_, _, tags, names)) = known else {
        return;
    };
    span.told.conventions = true;
    for (name, value) in *tags {
        if !span.tags.has(name) {
            span.tags.set(name, value);
        }
    }
    rename(&mut span.tags, names);
}

/// Renames the tags that have other names at Datadog, and removes what must not be shown from URLs.
pub(super) fn common(tags: &mut Tags) {
    rename(tags, NAMES);
    for name in URLS {
        if let Some(url) = tags.text(name) {
            let shown = Config::get().http_client.shown(url).into_owned();
            tags.set(name, shown);
        }
    }
    if let Some(query) = tags.text(QUERY) {
        let shown = obfuscate::query(query).into_owned();
        tags.remove(QUERY);
        if Config::get().http_client.tag_query {
            tags.set(QUERY, shown);
        }
    }
}

/// Renames the tags for the destination of a call.
pub(super) fn outgoing(tags: &mut Tags) {
    rename(tags, NAMES_OF_CLIENTS);
    for name in PORTS_OF_CLIENTS {
        let text = tags.text(name).and_then(|text| text.parse::<u16>().ok());
        if let Some(port) = text.map(f64::from).or_else(|| tags.number(name)) {
            tags.remove(name);
            tags.set_number("network.destination.port", port);
        }
    }
}

/// Renames tags. A tag that exists already under Datadog's name keeps its value. Empty text is dropped, which some libraries
/// write for unknown values.
fn rename(tags: &mut Tags, names: Names) {
    for (name, other) in names {
        if let Some(text) = tags.text(name).map(str::to_owned) {
            tags.remove(name);
            if !text.is_empty() && !tags.has(other) {
                tags.set(other, text);
            }
        }
    }
}
