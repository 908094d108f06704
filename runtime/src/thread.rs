//! Threads of the library's own.

use std::thread::Builder;

/// Starts a thread; false if there can be none.
// By a pointer to what it runs: starting is code for each type of that.
pub(crate) fn start(name: &str, run: fn()) -> bool {
    let started = Builder::new().name(name.to_owned()).spawn(run);
    started.is_ok()
}
