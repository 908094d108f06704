//! What spans of the `tracing` crate say in the words of OpenTelemetry's semantic conventions, in Datadog's.
//!
//! The tables are Datadog's own for spans of OpenTelemetry, second version ([operation names][names], [attributes][tags]),
//! with more to the resource where they leave it at a method. They are looked up when a span ends whose fields have such
//! names, and at no other time. What the function has said by Datadog's names stays as it is.
//!
//! [names]: https://docs.datadoghq.com/opentelemetry/migrate/migrate_operation_names/
//! [tags]: https://docs.datadoghq.com/opentelemetry/mapping/semantic_mapping/

use super::{Span, Tags, Text};
use crate::config::Config;
use crate::url;

/// What the fields of a span have said, apart from values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// There are names of the conventions among them.
    pub(crate) conventions: bool,
    /// One of them was the operation name.
    pub(crate) name: bool,
    /// One of them was the resource.
    pub(crate) resource: bool,
}

/// Whether a field may belong to the conventions.
#[inline]
pub(crate) fn may_be_one(field: &str) -> bool {
    const GROUPS: [&str; 7] = [
        "cmd.",
        "db.",
        "http.",
        "messaging.",
        "rpc.",
        "server.",
        "url.",
    ];
    GROUPS.iter().any(|group| field.starts_with(group))
}

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

/// The span type of a database.
fn type_of_database(system: &str) -> &'static str {
    match system {
        "cassandra" => "cassandra",
        "elasticsearch" => "elasticsearch",
        "memcached" => "memcached",
        "mongodb" => "mongodb",
        "opensearch" => "opensearch",
        "redis" | "valkey" => "redis",
        "actian.ingres"
        | "adabas"
        | "aws.redshift"
        | "cache"
        | "clickhouse"
        | "cloudscape"
        | "cockroachdb"
        | "coldfusion"
        | "db2"
        | "derby"
        | "edb"
        | "filemaker"
        | "firebird"
        | "firebirdsql"
        | "firstsql"
        | "gcp.spanner"
        | "h2"
        | "h2database"
        | "hanadb"
        | "hsqldb"
        | "ibm.db2"
        | "informix"
        | "ingres"
        | "instantdb"
        | "interbase"
        | "intersystems_cache"
        | "mariadb"
        | "maxdb"
        | "microsoft.sql_server"
        | "mssql"
        | "mysql"
        | "netezza"
        | "oracle"
        | "oracle.db"
        | "other_sql"
        | "pervasive"
        | "pointbase"
        | "postgresql"
        | "progress"
        | "redshift"
        | "sap.hana"
        | "sap.maxdb"
        | "softwareag.adabas"
        | "spanner"
        | "sqlite"
        | "sybase"
        | "teradata"
        | "trino"
        | "vertica" => "sql",
        _ => "db",
    }
}

/// What a span is about, in Datadog's words.
#[derive(Debug, Default)]
struct Meaning {
    /// `span.kind`, if it follows from the rest.
    role: Option<&'static str>,
    name: Option<Text>,
    resource: Option<String>,
    kind: &'static str,
}

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

/// Says what the span is about; once, when it ends.
pub(super) fn apply(span: &mut Span) {
    rename(&mut span.tags, NAMES);
    for name in URLS {
        if let Some(url) = span.tags.text(name) {
            let shown = url::shown(url, Config::get().http_client.query);
            span.tags.set(name, shown);
        }
    }
    let meanings = [http, database, messaging, rpc];
    let tags = &span.tags;
    let role = tags.text("span.kind").unwrap_or_default();
    let said = span.resource.as_deref();
    let meaning = meanings.iter().find_map(|of| of(tags, role, said));
    let Some(meaning) = meaning else {
        return;
    };
    let role = meaning.role.unwrap_or_default();
    let is_outgoing = matches!(role, "client" | "producer") || is_outgoing(tags);
    if !role.is_empty() {
        span.tags.set("span.kind", role);
    }
    if is_outgoing {
        outgoing(&mut span.tags);
    }
    if let Some(name) = meaning.name.filter(|_| !span.told.name) {
        span.name = name;
    }
    if let Some(resource) = meaning.resource.filter(|_| !span.told.resource) {
        span.resource = Some(resource.into());
        // Agents take the values out of the resource, and not out of this.
        if matches!(meaning.kind, "sql" | "cassandra") {
            span.tags.remove("db.statement");
        }
    }
    if span.kind.is_empty() {
        span.kind = meaning.kind.into();
    }
}

/// `http.*`: `GET /orders/{id}`.
fn http(tags: &Tags, role: &str, said: Option<&str>) -> Option<Meaning> {
    let method = match tags.text("http.method")? {
        "_OTHER" => "HTTP",
        method => method,
    };
    let route = tags
        .text("http.route")
        .or_else(|| tags.text("url.template"));
    let url = tags.text("http.url");
    let path = tags
        .text("url.path")
        .or_else(|| tags.text("http.target"))
        .or(url)
        .map(path);
    let (role, implied) = match role {
        // Of the conventions' URLs the whole one is for clients.
        "" if route.is_none() && url.is_some() => ("client", Some("client")),
        "" if route.is_some() => ("server", Some("server")),
        role => (role, None),
    };
    let with = |rest: &str| Some([method, " ", rest].concat());
    let resource = match (route, said) {
        (Some(route), _) => with(route),
        // A name that follows the conventions, or that is a route.
        (None, Some(said))
            if said
                .strip_prefix(method)
                .is_some_and(|rest| rest.starts_with(' ')) =>
        {
            None
        }
        (None, Some(said)) if said.starts_with('/') => with(said),
        (None, _) => path.map_or_else(|| Some(method.to_owned()), with),
    };
    let (name, kind) = match role {
        "server" => (Some("http.server.request".into()), "web"),
        "client" => (Some("http.client.request".into()), "http"),
        _ => (None, "http"),
    };
    Some(Meaning {
        role: implied,
        name,
        resource,
        kind,
    })
}

/// `db.*`: the statement, or else the operation and what it is about.
fn database(tags: &Tags, role: &str, _: Option<&str>) -> Option<Meaning> {
    let system = tags.text("db.system")?;
    let text = |name| {
        tags.text(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let collection = text("db.collection.name").or_else(|| text("db.sql.table"));
    let operation = text("db.operation").map(|operation| match collection {
        Some(collection) => [operation, " ", collection].concat(),
        None => operation.to_owned(),
    });
    let summary = || text("db.query.summary").map(str::to_owned);
    Some(Meaning {
        role: role.is_empty().then_some("client"),
        name: matches!(role, "" | "client").then(|| [&normal(system), ".query"].concat().into()),
        resource: text("db.statement")
            .map(str::to_owned)
            .or(operation)
            .or_else(summary),
        kind: type_of_database(system),
    })
}

/// `messaging.*`: `publish orders`.
fn messaging(tags: &Tags, role: &str, _: Option<&str>) -> Option<Meaning> {
    let system = tags.text("messaging.system")?;
    let operation = tags.text("messaging.operation")?;
    let implied = match (role, operation) {
        ("", "create" | "publish" | "send") => Some("producer"),
        ("", "process" | "receive" | "settle") => Some("consumer"),
        _ => None,
    };
    let has_role = implied.is_some() || !matches!(role, "" | "internal");
    let resource = match tags.text("messaging.destination.name") {
        Some(destination) => [operation, " ", destination].concat(),
        None => operation.to_owned(),
    };
    Some(Meaning {
        role: implied,
        name: has_role.then(|| [&normal(system), ".", &normal(operation)].concat().into()),
        resource: Some(resource),
        kind: "queue",
    })
}

/// `rpc.*`: `shop.Prices/Get`.
fn rpc(tags: &Tags, role: &str, _: Option<&str>) -> Option<Meaning> {
    let system = tags.text("rpc.system")?;
    let (service, method) = (tags.text("rpc.service"), tags.text("rpc.method"));
    let implied = (role.is_empty() && system == "aws-api").then_some("client");
    let role = implied.unwrap_or(role);
    let name = match (role, system, service) {
        ("client", "aws-api", Some(service)) => {
            Some(["aws.", &normal(service), ".request"].concat())
        }
        ("client", "aws-api", None) => Some("aws.client.request".to_owned()),
        ("client" | "server", ..) => Some([&normal(system), ".", role, ".request"].concat()),
        _ => None,
    };
    let resource = match (service, method) {
        (Some(service), Some(method)) => Some([service, "/", method].concat()),
        (one, other) => one.or(other).map(str::to_owned),
    };
    Some(Meaning {
        role: implied,
        name: name.map(Text::from),
        resource,
        kind: if role == "server" { "web" } else { "http" },
    })
}

fn is_outgoing(tags: &Tags) -> bool {
    matches!(tags.text("span.kind"), Some("client" | "producer"))
}

/// Where a call went.
fn outgoing(tags: &mut Tags) {
    rename(tags, NAMES_OF_CLIENTS);
    for name in PORTS_OF_CLIENTS {
        let text = tags.text(name).and_then(|text| text.parse().ok());
        if let Some(port) = text
            .map(|port: u16| f64::from(port))
            .or_else(|| tags.number(name))
        {
            tags.remove(name);
            tags.set_number("network.destination.port", port);
        }
    }
}

/// A tag that is there by Datadog's name already keeps its value.
fn rename(tags: &mut Tags, names: Names) {
    for (name, other) in names {
        if let Some(text) = tags.text(name).map(str::to_owned) {
            tags.remove(name);
            if !tags.has(other) {
                tags.set(other, text);
            }
        }
    }
}

/// The path of a URL, or of what follows its host.
fn path(url: &str) -> &str {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    };
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// A part of an operation name.
fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}
