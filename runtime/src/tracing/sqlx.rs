//! Queries of sqlx, which creates no spans for them: it emits an event when a query has finished.

use std::fmt::Debug;

use ::tracing::field::{Field, Visit};
use ::tracing::Event;

use crate::active::Active;
use crate::printed::printed;
use crate::span::Span;

/// The target of the events.
pub(super) const TARGET: &str = "sqlx::query";

/// The fields of such an event.
#[derive(Default)]
struct Query {
    /// The statement, if it has at most four words; else those and an ellipsis.
    summary: String,
    /// The statement, if it is longer; else empty.
    statement: String,
    rows_affected: Option<u64>,
    rows_returned: Option<u64>,
    seconds: f64,
}

/// Adds a span for a query that ends now.
pub(super) fn record(event: &Event<'_>, parent: Active) {
    let mut query = Query::default();
    event.record(&mut query);
    let elapsed = (query.seconds.max(0.0) * 1e9) as u64;
    let start = parent.invocation.now().saturating_sub(elapsed);
    let mut span = Span::new("sqlx.query", parent.span_id, start);
    span.kind = "sql".into();
    let statement = match query.statement.trim() {
        "" => query.summary,
        statement => statement.to_owned(),
    };
    if !statement.is_empty() {
        span.resource = Some(statement.into());
    }
    span.tags.push("component", "sqlx");
    span.tags.push("span.kind", "client");
    for (name, rows) in [
        ("db.row_count", query.rows_returned),
        ("db.rows_affected", query.rows_affected),
    ] {
        if let Some(rows) = rows {
            span.tags.push_number(name, rows as f64);
        }
    }
    if let Some(active) = parent.child(span) {
        active.close();
    }
}

impl Visit for Query {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_affected" => self.rows_affected = Some(value),
            "rows_returned" => self.rows_returned = Some(value),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.statement = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "summary" | "db.statement") {
            self.record_str(field, &printed(format_args!("{value:?}")));
        }
    }
}
