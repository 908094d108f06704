//! What spans of the `tracing` crate say in the words of OpenTelemetry's semantic conventions, in Datadog's.
//!
//! The tables are Datadog's own for spans of OpenTelemetry, second version ([operation names][names], [attributes][tags]),
//! with more to the resource where they leave it at a method. They are looked up when a span ends whose fields have such
//! names, and at no other time. What the function has said by Datadog's names stays as it is.
//!
//! [names]: https://docs.datadoghq.com/opentelemetry/migrate/migrate_operation_names/
//! [tags]: https://docs.datadoghq.com/opentelemetry/mapping/semantic_mapping/

mod meaning;
mod names;

use super::Span;
pub(crate) use names::translate;

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

/// Says what the span is about; once, when it ends.
pub(super) fn apply(span: &mut Span) {
    names::common(&mut span.tags);
    let Some(meaning) = meaning::of(&span.tags, span.resource.as_deref()) else {
        return;
    };
    if let Some(role) = meaning.role {
        span.tags.set("span.kind", role);
    }
    if matches!(span.tags.text("span.kind"), Some("client" | "producer")) {
        names::outgoing(&mut span.tags);
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
