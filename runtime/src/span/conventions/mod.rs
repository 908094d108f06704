//! Translates OpenTelemetry's semantic conventions, used by spans of the `tracing` crate, into Datadog's names.
//!
//! The tables are Datadog's own for OpenTelemetry spans, second version ([operation names][names], [attributes][tags]), with
//! a more specific resource where they use only a method. They are applied when a span ends, and only if it has fields with
//! such names. What the function sets under Datadog's names is not changed.
//!
//! [names]: https://docs.datadoghq.com/opentelemetry/migrate/migrate_operation_names/
//! [tags]: https://docs.datadoghq.com/opentelemetry/mapping/semantic_mapping/

mod meaning;
mod names;

use super::Span;
pub(crate) use names::translate;

/// Which kinds of fields a span has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Whether some of them may belong to the conventions.
    pub(crate) conventions: bool,
    /// Whether one of them was the operation name.
    pub(crate) name: bool,
    /// Whether one of them was the resource.
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

/// Sets what the span stands for; once, when it ends.
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
        // Agents obfuscate the values in the resource, but not in this tag.
        if matches!(meaning.kind, "sql" | "cassandra") {
            span.tags.remove("db.statement");
        }
    }
    if span.kind.is_empty() {
        span.kind = meaning.kind.into();
    }
}
