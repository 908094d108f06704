//! The fields of a `tracing` span, as tags and metrics.

use std::error::Error;
use std::fmt::Debug;

use ::tracing::field::{Field, Visit};

use crate::invocation::Failure;
use crate::printed::printed;
use crate::span::{conventions, Span};

/// Integers up to this are exact as an `f64`.
const MAX_EXACT: u64 = 1 << 53;

/// Writes fields into a span.
pub(super) struct Fields<'a>(pub(super) &'a mut Span);

impl Fields<'_> {
    fn text(&mut self, name: &'static str, text: &str) {
        let span = &mut *self.0;
        match name {
            "otel.name" if span.told.resource => {}
            "otel.name" | "resource.name" => {
                span.resource = Some(text.to_owned().into());
                span.told.resource |= name == "resource.name";
            }
            "operation.name" => {
                span.name = text.to_owned().into();
                span.told.name = true;
            }
            "service.name" => span.service = Some(text.to_owned().into()),
            "span.type" => span.kind = text.to_owned().into(),
            "otel.kind" | "span.kind" => span.tags.set("span.kind", text.to_ascii_lowercase()),
            "otel.status_code" => span.error |= text.eq_ignore_ascii_case("error"),
            "otel.status_message" => span.tags.set("error.message", text),
            "error" => {
                span.error = true;
                span.tags.set("error.message", text);
            }
            "error.message" | "error.type" | "error.stack" => {
                span.error = true;
                span.tags.set(name, text);
            }
            _ => {
                span.told.conventions |= conventions::may_be_one(name);
                span.set_tag(name, text);
            }
        }
    }

    fn number(&mut self, name: &'static str, number: f64) {
        // Datadog's own integrations set it as text, and its searches expect that.
        if matches!(name, "http.status_code" | "http.response.status_code") {
            self.text(name, &number.to_string());
        } else {
            self.0.set_metric(name, number);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.number(field.name(), value);
        } else {
            self.text(field.name(), &value.to_string());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if value.unsigned_abs() <= MAX_EXACT {
            self.number(field.name(), value as f64);
        } else {
            self.text(field.name(), &value.to_string());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if value <= MAX_EXACT {
            self.number(field.name(), value as f64);
        } else {
            self.text(field.name(), &value.to_string());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "error" => self.0.error |= value,
            name => self.0.set_tag(name, if value { "true" } else { "false" }),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match field.name() {
            "error" | "err" => Failure::of_shown(value).mark(self.0),
            name => self.text(name, &printed(format_args!("{value}"))),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), &printed(format_args!("{value:?}")));
    }
}

/// The error that an event at `ERROR` reports for its span.
#[derive(Default)]
pub(super) struct ErrorEvent {
    failure: Option<Failure>,
    error: Option<String>,
    message: Option<String>,
}

impl ErrorEvent {
    /// Marks the span as failed; the details of an earlier failure are kept.
    pub(super) fn mark(self, span: &mut Span) {
        span.error = true;
        if span.tags.has("error.message") {
            return;
        }
        if let Some(failure) = self.failure {
            failure.mark(span);
        } else if let Some(message) = self.error.or(self.message) {
            span.tags.set("error.message", message);
        }
    }
}

impl Visit for ErrorEvent {
    fn record_error(&mut self, _: &Field, value: &(dyn Error + 'static)) {
        self.failure = Some(Failure::of_shown(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "error" | "err" => self.error = Some(printed(format_args!("{value:?}"))),
            "message" => self.message = Some(printed(format_args!("{value:?}"))),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "error" | "err" => self.error = Some(value.to_owned()),
            "message" => self.message = Some(value.to_owned()),
            _ => {}
        }
    }
}
