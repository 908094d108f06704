//! Writing log lines.

use std::fmt;

use serde::Deserialize;

/// What to write.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Logs {
    /// A line in the handler, one within a span `step`, and one by the `log` crate.
    Some,
    /// A line at each level.
    Levels,
    /// Fields whose names the line itself has, and values that JSON must escape.
    Awkward,
    /// Values that write log lines while they are printed, wherever a value can be.
    Chatty,
}

impl Logs {
    pub(super) fn perform(self) {
        match self {
            Self::Some => {
                tracing::info!(order = 7, "in the handler");
                tracing::info_span!("step").in_scope(|| tracing::warn!(paid = true, "in a span"));
                log::info!(target: "legacy", "by the log crate");
            }
            Self::Levels => {
                tracing::error!("at error");
                tracing::warn!("at warn");
                tracing::info!("at info");
                tracing::debug!("at debug");
                tracing::trace!("at trace");
            }
            Self::Awkward => tracing::info!(
                level = "mine",
                requestId = "mine",
                dd.trace_id = "mine",
                text = "a \"quoted\"\nline\u{1}",
                ratio = 0.5,
                list = ?[1, 2],
                "awkward"
            ),
            Self::Chatty => {
                tracing::info!(value = ?Chatty("event"), "an event");
                let span = tracing::info_span!("chatty", now = ?Chatty("field"), later = tracing::field::Empty);
                span.in_scope(|| {
                    span.record("later", tracing::field::debug(Chatty("record")));
                    ddlambda::set_tag("tag", Chatty("tag"));
                    ddlambda::set_error(&Chatty("error"));
                });
            }
        }
    }
}

/// A value that writes a log line and asks for the active span whenever it is printed.
struct Chatty(&'static str);

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!(
            value = self.0,
            headers = ddlambda::trace_headers().len(),
            "printing"
        );
        f.write_str(self.0)
    }
}

impl fmt::Debug for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
