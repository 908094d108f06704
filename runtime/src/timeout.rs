//! The impending timeout: shortly before Lambda ends the function, open spans are finished and sent.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::config::Config;
use crate::enhanced::End;
use crate::flush::flush_blocking;
use crate::invocation::{Failure, Invocation};
use crate::watchdog::{self, Watch};

/// Watches the deadline of an invocation until the returned value is dropped; `None` if it has none in the future.
///
/// The spans are sent `DD_APM_FLUSH_DEADLINE_MILLISECONDS` before it. If there is less time than that, the handler gets half
/// of it: sending at once would report a timeout for an invocation that ends in time, and not sending would lose one that
/// does not.
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
    // A handler that has returned may still be delivering its response; there is time to send its spans all the same.
    invocation.expire(|| {
        invocation.failed(Failure::of_timeout());
        invocation.finish_spans();
        flush_blocking(invocation, End::Cut);
    });
}
