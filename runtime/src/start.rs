//! What every way to run a function does first.

use std::sync::Once;

use crate::config::Config;
use crate::contained::say;
use crate::extractor::chosen;
use crate::invocation::sandbox;
use crate::panic;

/// Prepares a function, and its logs unless it has a subscriber of its own.
pub(crate) fn with_subscriber() {
    sandbox::started();
    #[cfg(feature = "tracing")]
    crate::tracing::subscribe();
    prepare();
}

/// The same for functions that see to their subscriber themselves.
pub(crate) fn prepare() {
    sandbox::started();
    let config = Config::get();
    if config.trace_enabled {
        panic::install_hook();
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        for problem in &config.problems {
            say(&|| tracing::warn!(target: "ddlambda", "{problem}"));
        }
        // Says so if the name is not known.
        chosen();
    });
}
