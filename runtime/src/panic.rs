//! Where a panic happened: only a panic hook is told.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::sync::Once;

use crate::invocation::Invocation;

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics within an invocation leave their place behind; the hook that was there before runs as ever.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if Invocation::is_current() {
                let mut place = info
                    .location()
                    .map(|at| format!("at {at}"))
                    .unwrap_or_default();
                let backtrace = Backtrace::capture();
                if backtrace.status() == BacktraceStatus::Captured {
                    place = format!("{place}\n{backtrace}");
                }
                PLACE.with_borrow_mut(|slot| *slot = Some(place));
            }
            previous(info);
        }));
    });
}

/// The place of the last panic on this thread: file, line and column, and the backtrace if `RUST_BACKTRACE` asks for it.
pub(crate) fn take_place() -> Option<String> {
    PLACE.with_borrow_mut(Option::take)
}
