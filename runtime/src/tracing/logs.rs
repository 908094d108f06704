//! The layer that writes log lines.

use std::cell::Cell;
use std::io::{self, Write};

use ::tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::Layer;

use super::format::{self, Format};
use super::spans;
use crate::config::Config;

/// The layer that [`json`](super::json) and [`text`](super::text) return.
#[derive(Clone, Debug)]
pub struct Logs<W = fn() -> io::Stdout> {
    format: Format,
    targets: Targets,
    make_writer: W,
}

impl Logs {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            targets: targets(Config::get()),
            make_writer: io::stdout,
        }
    }
}

impl<W> Logs<W> {
    /// Writes to `make_writer` instead of standard output.
    #[must_use]
    pub fn with_writer<W2>(self, make_writer: W2) -> Logs<W2>
    where
        W2: for<'a> MakeWriter<'a> + 'static,
    {
        Logs {
            format: self.format,
            targets: self.targets,
            make_writer,
        }
    }

    /// Writes the events that `targets` enables, instead of those that `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG` sets.
    #[must_use]
    pub fn with_targets(mut self, targets: Targets) -> Self {
        self.targets = targets;
        self
    }

    /// The most verbose level that any target has.
    pub(super) fn max_level(&self) -> LevelFilter {
        let levels = self.targets.iter().map(|(_, level)| level);
        levels
            .chain(self.targets.default_level())
            .max()
            .unwrap_or(LevelFilter::OFF)
    }
}

/// The targets that the settings enable; the library's own debug lines only on request.
fn targets(config: &Config) -> Targets {
    let targets = match config.log_filter.as_deref() {
        None => Targets::new().with_default(LevelFilter::INFO),
        Some(level) if level.eq_ignore_ascii_case("fatal") => {
            Targets::new().with_default(LevelFilter::ERROR)
        }
        Some(filter) => filter.parse().unwrap_or_else(|error| {
            // There is no other place to report it: this configures the log itself.
            writeln!(
                io::stderr(),
                "ddlambda: `{filter}` does not name log levels ({error}); going on with `info`"
            )
            .unwrap_or_default();
            Targets::new().with_default(LevelFilter::INFO)
        }),
    };
    if config.debug {
        targets.with_target("ddlambda", LevelFilter::DEBUG)
    } else {
        targets
    }
}

thread_local! {
    /// The buffer of the current line, reused for the next.
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A longer buffer is freed.
const KEPT_LINE: usize = 16 * 1024;

impl<S, W> Layer<S> for Logs<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    // Lines with ids and no spans are a choice that needs no warning.
    fn on_layer(&mut self, _: &mut S) {
        spans::install();
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level())
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        if !self
            .targets
            .would_enable(metadata.target(), metadata.level())
        {
            return;
        }
        let active = spans::of_event(event, &ctx);
        // A value that logs while it is formatted gets an empty buffer.
        let mut line = LINE.try_with(Cell::take).unwrap_or_default();
        line.clear();
        format::write(self.format, &mut line, metadata, event, active.as_ref());
        // A failure to write the log cannot be reported anywhere.
        self.make_writer
            .make_writer_for(metadata)
            .write_all(&line)
            .unwrap_or_default();
        if line.capacity() <= KEPT_LINE {
            LINE.try_with(|kept| kept.set(line)).unwrap_or_default();
        }
    }
}
