//! What every way to run a function does first.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;
use crate::contained::say;
use crate::extractor;
use crate::invocation::sandbox;
use crate::panic;

/// Prepares a function, including its subscriber, unless it has its own.
pub(crate) fn with_subscriber() {
    sandbox::started();
    #[cfg(feature = "tracing")]
    crate::tracing::subscribe();
    prepare();
}

/// The same for functions that install their subscriber themselves.
pub(crate) fn prepare() {
    sandbox::started();
    let config = Config::get();
    if config.trace_enabled {
        panic::install_hook();
    }
    // Not a `Once`: logging runs user code, which may call this again.
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        for problem in &config.problems {
            say(&|| tracing::warn!(target: "ddlambda", "{problem}"));
        }
        extractor::say_unknown();
        say(&|| match config.trace_enabled {
            true => tracing::debug!(target: "ddlambda", "traces go to {}", config.destination),
            false => tracing::debug!(target: "ddlambda", "traces are off"),
        });
    }
}
