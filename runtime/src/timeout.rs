//! The moment shortly before Lambda ends the function: what is open is finished and sent while there is time.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::config::Config;
use crate::enhanced::End;
use crate::flush::flush_blocking;
use crate::invocation::{Failure, Invocation};
use crate::watchdog::{self, Watch};

/// Watches over the deadline of an invocation until the returned value is dropped; `None` if it has none to come.
///
/// The spans are sent `DD_APM_FLUSH_DEADLINE_MILLISECONDS` before it. Where there is less time than that, the handler has
/// half of it: to send at once would call one a timeout that ends in time, and not at all would lose those that do not.
pub(crate) fn watch(invocation: &Arc<Invocation>) -> Option<Watch> {
    let left = invocation
        .context()?
        .deadline()
        .duration_since(SystemTime::now())
        .ok()?;
    let left = left
        .checked_sub(Config::get().flush_deadline)
        .unwrap_or(left / 2);
    let invocation = Arc::downgrade(invocation);
    watchdog::at(Instant::now().checked_add(left)?, move || {
        if let Some(invocation) = invocation.upgrade() {
            expire(&invocation);
        }
    })
}

fn expire(invocation: &Invocation) {
    // A handler that has ended may still be delivering its response: then there is time enough to send what it did.
    invocation.expire(|| {
        invocation.failed(Failure::of_timeout());
        invocation.finish_spans();
        flush_blocking(invocation, End::Cut);
    });
}
