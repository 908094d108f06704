//! What a span stands for. The first rule that matches applies.

use crate::span::{Tags, Text};

/// What a span stands for, in Datadog's terms.
#[derive(Debug)]
pub(super) struct Meaning {
    /// `span.kind`, if it follows from the rest.
    pub(super) role: Option<&'static str>,
    pub(super) name: Option<Text>,
    pub(super) resource: Option<String>,
    /// The span type.
    pub(super) kind: &'static str,
}

/// The first rule that matches. `said` is the resource that the span has.
pub(super) fn of(tags: &Tags, said: Option<&str>) -> Option<Meaning> {
    let role = tags.text("span.kind").unwrap_or_default();
    http(tags, role, said)
        .or_else(|| database(tags, role))
        .or_else(|| messaging(tags, role))
        .or_else(|| rpc(tags, role))
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
        // In the conventions, only client spans have the full URL.
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

/// `db.*`: the statement, or else the operation and its target.
fn database(tags: &Tags, role: &str) -> Option<Meaning> {
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
fn messaging(tags: &Tags, role: &str) -> Option<Meaning> {
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
fn rpc(tags: &Tags, role: &str) -> Option<Meaning> {
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

/// Databases with SQL, by their old and stable names.
const SQL: &str = "actian.ingres adabas aws.redshift cache clickhouse cloudscape cockroachdb coldfusion db2 derby edb \
    filemaker firebird firebirdsql firstsql gcp.spanner h2 h2database hanadb hsqldb ibm.db2 informix ingres instantdb \
    interbase intersystems_cache mariadb maxdb microsoft.sql_server mssql mysql netezza oracle oracle.db other_sql \
    pervasive pointbase postgresql progress redshift sap.hana sap.maxdb softwareag.adabas spanner sqlite sybase \
    teradata trino vertica";

/// The span type of a database.
fn type_of_database(system: &str) -> &'static str {
    match system {
        "cassandra" => "cassandra",
        "elasticsearch" => "elasticsearch",
        "memcached" => "memcached",
        "mongodb" => "mongodb",
        "opensearch" => "opensearch",
        "redis" | "valkey" => "redis",
        _ if SQL.split(' ').any(|known| known == system) => "sql",
        _ => "db",
    }
}

/// The path of a URL, or of a request target.
fn path(url: &str) -> &str {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    };
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// Normalizes a part of an operation name.
fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}
