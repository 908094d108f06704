//! Panics. Those of user code are noted on the invocation. A hook adds what only it learns: where a panic happened, and
//! panics that nothing else would report.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Once};
use std::thread;

use crate::config::Config;
use crate::contained::is_contained;
use crate::flush::{flush_all_blocking, flush_start_blocking};
use crate::invocation::{running, sandbox, Failure, Invocation};

/// Whether the process ends once the hook has returned: then the hook sends what is left.
const ABORTS: bool = cfg!(panic = "abort");

thread_local! {
    /// The last panic on this thread.
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Installs a hook that records panics and then calls the previous one. The hook cannot be changed while a panic is in
/// progress; then the next call installs it.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    if thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            match Invocation::current() {
                _ if is_contained() && !ABORTS => {}
                Some(invocation) => within(&invocation, info),
                None if Config::get().is_function && sandbox::awaits_first() => before_events(info),
                None => beside(info),
            }
            previous(info);
        }));
    });
}

fn within(invocation: &Arc<Invocation>, info: &PanicHookInfo<'_>) {
    let failure = failure_of(info);
    if ABORTS {
        invocation.failed(failure);
        flush_all_blocking(Some(Arc::clone(invocation)));
    } else {
        leave(Some(failure));
    }
}

/// A panic on the main thread before `run` ends the program, unless it is caught: by the executor, if it happened in a task.
fn before_events(info: &PanicHookInfo<'_>) {
    let failure = failure_of(info);
    let ends = thread::current().name() == Some("main") && tokio::task::try_id().is_none();
    if ABORTS || ends {
        flush_start_blocking(&failure);
        leave(None);
    } else {
        leave(Some(failure));
    }
}

/// A panic in a task without an invocation. If the only invocation is streaming its response, the panic counts as its
/// failure: the task is the one that produces the response.
fn beside(info: &PanicHookInfo<'_>) {
    leave(None);
    if let Some(invocation) = running::only().filter(|only| only.is_streaming()) {
        invocation.failed(failure_of(info));
    }
    if ABORTS {
        flush_all_blocking(None);
    }
}

fn failure_of(info: &PanicHookInfo<'_>) -> Failure {
    Failure::of_panic(info.payload(), Some(place_of(info)))
}

fn place_of(info: &PanicHookInfo<'_>) -> String {
    let place = info
        .location()
        .map(|at| format!("at {at}"))
        .unwrap_or_default();
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => format!("{place}\n{backtrace}"),
        _ => place,
    }
}

/// Replaces the record of an earlier panic, which has been caught.
fn leave(failure: Option<Failure>) {
    LAST.try_with(|slot| slot.replace(failure))
        .unwrap_or_default();
}

/// Forgets the last panic on this thread: it belongs to an earlier invocation.
pub(crate) fn forget() {
    leave(None);
}

/// Describes a panic that was caught. If it is the last one on this thread, this includes its file, line and column, and the
/// backtrace if `RUST_BACKTRACE` enables it. A resumed panic does not run the hook, so the last one recorded may be another.
#[cold]
pub(crate) fn caught(payload: &dyn Any) -> Failure {
    let failure = Failure::of_panic(payload, None);
    let last = LAST.try_with(|slot| slot.borrow().clone());
    let last = last.ok().flatten();
    last.filter(|last| last.message == failure.message)
        .unwrap_or(failure)
}

/// Takes the last panic on this thread.
pub(crate) fn take_failure() -> Option<Failure> {
    LAST.try_with(RefCell::take).unwrap_or_default()
}

/// Runs user code; a panic is noted on the invocation and resumed, so that the runtime reports it.
pub(crate) fn watched<R>(invocation: Option<&Invocation>, run: impl FnOnce() -> R) -> R {
    match invocation {
        Some(invocation) => noted(invocation, run).unwrap_or_else(|panic| resume_unwind(panic)),
        None => run(),
    }
}

/// Runs user code; a panic is noted on the invocation and returned.
pub(crate) fn noted<R>(invocation: &Invocation, run: impl FnOnce() -> R) -> thread::Result<R> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if let Err(panic) = &result {
        invocation.failed(caught(&**panic));
    }
    result
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;
    use crate::contained::contained;
    use crate::span::Span;

    /// The place that a unit of work reports for a panic of `run` within it.
    fn place(run: impl FnOnce()) -> String {
        install_hook();
        let unit = Invocation::begin_unit(Span::new("job", 0, 0), None);
        assert!(unit.enter(|| noted(&unit, run)).is_err());
        let chunks = unit.finish().unwrap_or_default();
        let stack = chunks[0].spans[0].tags.text("error.stack");
        stack.unwrap_or_default().to_owned()
    }

    #[test]
    fn a_panic_is_told_with_its_own_place() {
        assert!(place(|| panic_any("first")).starts_with("at "));
        let resumed = place(|| {
            assert!(catch_unwind(|| panic_any("first")).is_err());
            resume_unwind(Box::new("second"));
        });
        assert_eq!(resumed, "second");
        let resumed = place(|| {
            let caught = catch_unwind(|| panic_any("first"));
            caught.unwrap_or_else(|panic| resume_unwind(panic));
        });
        assert!(resumed.starts_with("at "), "{resumed}");
    }

    #[test]
    fn a_panic_that_the_library_contains_does_not_stand_for_another() {
        let place = place(|| {
            let caught = catch_unwind(|| panic_any("first"));
            assert_eq!(contained(|| panic_any("a bug in the log")), None::<()>);
            caught.unwrap_or_else(|panic| resume_unwind(panic));
        });
        assert!(place.starts_with("at "), "{place}");
    }

    #[test]
    fn a_panic_beside_an_invocation_takes_the_place_of_an_earlier_one() {
        install_hook();
        leave(Some(Failure::of_panic(&"caught", Some("elsewhere".into()))));
        assert!(catch_unwind(|| panic_any("beside")).is_err());
        assert_eq!(take_failure(), None);
    }
}
