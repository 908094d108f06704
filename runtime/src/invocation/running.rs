//! The invocations in progress, for a task that does not know its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Invocation;

static RUNNING: Mutex<Vec<Weak<Invocation>>> = Mutex::new(Vec::new());

/// Adds an invocation that begins.
pub(super) fn add(invocation: &Arc<Invocation>) {
    let mut running = running();
    running.retain(|known| known.strong_count() > 0);
    running.push(Arc::downgrade(invocation));
}

/// Removes an invocation that ends.
pub(super) fn remove(invocation: &Invocation) {
    running().retain(|known| !std::ptr::eq(known.as_ptr(), invocation));
}

/// The invocation in progress, if there is exactly one. Only managed instances have more.
pub(crate) fn only() -> Option<Arc<Invocation>> {
    match running().as_slice() {
        [only] => only.upgrade(),
        _ => None,
    }
}

/// All invocations in progress.
pub(crate) fn all() -> Vec<Arc<Invocation>> {
    running().iter().filter_map(Weak::upgrade).collect()
}

fn running() -> MutexGuard<'static, Vec<Weak<Invocation>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
