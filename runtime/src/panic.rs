//! Where a panic happened: only a panic hook is told.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::sync::Once;

use crate::flush::flush_blocking;
use crate::invocation::{Failure, Invocation};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics within an invocation leave their place behind; the hook that was there before runs as ever.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if let Some(invocation) = Invocation::current() {
                let mut place = info
                    .location()
                    .map(|at| format!("at {at}"))
                    .unwrap_or_default();
                let backtrace = Backtrace::capture();
                if backtrace.status() == BacktraceStatus::Captured {
                    place = format!("{place}\n{backtrace}");
                }
                if cfg!(panic = "abort") {
                    // Nothing runs after this hook: what there is to send is sent here.
                    invocation.failed(Failure::of_panic(info.payload(), Some(place)));
                    invocation.finish_spans();
                    flush_blocking(&invocation);
                } else {
                    PLACE
                        .try_with(|slot| slot.replace(Some(place)))
                        .unwrap_or_default();
                }
            }
            previous(info);
        }));
    });
}

/// The place of the last panic on this thread, left for whom the panic meets next.
pub(crate) fn place() -> Option<String> {
    PLACE
        .try_with(|slot| slot.borrow().clone())
        .unwrap_or_default()
}

/// The place of the last panic on this thread: file, line and column, and the backtrace if `RUST_BACKTRACE` asks for it.
pub(crate) fn take_place() -> Option<String> {
    PLACE.try_with(RefCell::take).unwrap_or_default()
}
