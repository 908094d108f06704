//! Names of tags.

use crate::config::Config;
use crate::obfuscate;
use crate::span::{Span, Tags};

/// Spans of libraries with words of their own, by target and name: what is known of each, and what their fields are
/// called otherwise.
const LIBRARIES: [(&str, &str, Names, Names); 2] = [
    (
        // `TraceLayer` of tower-http, which users of axum have, too.
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
        // Fred, for Redis; the command is told later.
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

/// Tags of the conventions, old and new, and what Datadog calls them.
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

/// The same for spans of clients: where they went.
const NAMES_OF_CLIENTS: Names = &[
    ("server.address", "out.host"),
    ("net.peer.name", "out.host"),
];
/// And the port, which is a number.
const PORTS_OF_CLIENTS: [&str; 2] = ["server.port", "net.peer.port"];
/// Tags that are URLs.
const URLS: [&str; 2] = ["http.url", "http.target"];
/// A tag that is a part of one.
const QUERY: &str = "url.query";

/// Translates the fields of a library that has words of its own; for each new span.
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

/// The tags that have other names with Datadog, and URLs as they may be seen.
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

/// Where a call went.
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

/// A tag that is there by Datadog's name already keeps its value; some libraries write what they do not know as an empty
/// text.
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
