//! The invocations under way, for a task that was not told which one it serves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Invocation;

static RUNNING: Mutex<Vec<Weak<Invocation>>> = Mutex::new(Vec::new());

/// Notes the begin of an invocation.
pub(super) fn add(invocation: &Arc<Invocation>) {
    let mut running = running();
    running.retain(|known| known.strong_count() > 0);
    running.push(Arc::downgrade(invocation));
}

/// Notes the end of an invocation.
pub(super) fn remove(invocation: &Invocation) {
    running().retain(|known| !std::ptr::eq(known.as_ptr(), invocation));
}

/// The invocation under way, if there is only one: but on managed instances there never are more.
pub(crate) fn only() -> Option<Arc<Invocation>> {
    match running().as_slice() {
        [only] => only.upgrade(),
        _ => None,
    }
}

/// All invocations under way.
pub(crate) fn all() -> Vec<Arc<Invocation>> {
    running().iter().filter_map(Weak::upgrade).collect()
}

fn running() -> MutexGuard<'static, Vec<Weak<Invocation>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
