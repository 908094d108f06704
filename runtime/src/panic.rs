//! Panics: noting those of the user's code, and what only a hook is told of, which is where one happened, and those that
//! nobody else will speak of.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Once};
use std::thread;

use crate::enhanced::End;
use crate::flush::{flush_blocking, flush_start_blocking};
use crate::invocation::{running, sandbox, Failure, Invocation};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics leave their place behind; the hook that was there before runs as ever.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            match Invocation::current() {
                Some(invocation) => within(&invocation, info),
                None if sandbox::awaits_first() => before_events(info),
                None => beside(info),
            }
            previous(info);
        }));
    });
}

fn within(invocation: &Arc<Invocation>, info: &PanicHookInfo<'_>) {
    let place = place_of(info);
    if cfg!(panic = "abort") {
        // Nothing runs after this hook: what there is to send is sent here.
        invocation.failed(Failure::of_panic(info.payload(), Some(place)));
        invocation.finish_spans();
        flush_blocking(invocation, End::Cut);
    } else {
        leave(place);
    }
}

/// A panic on the main thread before `run` is the end of the program, unless it is caught.
fn before_events(info: &PanicHookInfo<'_>) {
    let place = place_of(info);
    if cfg!(panic = "abort") || thread::current().name() == Some("main") {
        flush_start_blocking(&Failure::of_panic(info.payload(), Some(place)));
    } else {
        leave(place);
    }
}

/// A panic in a task of its own, while the handler of the only invocation has ended and its response goes on: that is
/// the task which produces the response.
fn beside(info: &PanicHookInfo<'_>) {
    let Some(invocation) = running::only().filter(|only| only.is_streaming()) else {
        return;
    };
    invocation.failed(Failure::of_panic(info.payload(), Some(place_of(info))));
    if cfg!(panic = "abort") {
        invocation.finish_spans();
        flush_blocking(&invocation, End::Cut);
    }
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

fn leave(place: String) {
    PLACE
        .try_with(|slot| slot.replace(Some(place)))
        .unwrap_or_default();
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

/// Runs the user's code; a panic is noted on the invocation, and goes on to the runtime, which reports it.
pub(crate) fn watched<R>(invocation: Option<&Invocation>, run: impl FnOnce() -> R) -> R {
    match invocation {
        Some(invocation) => noted(invocation, run).unwrap_or_else(|panic| resume_unwind(panic)),
        None => run(),
    }
}

/// Runs the user's code; a panic is noted on the invocation, and handed out.
pub(crate) fn noted<R>(invocation: &Invocation, run: impl FnOnce() -> R) -> thread::Result<R> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if let Err(panic) = &result {
        note(invocation, &**panic);
    }
    result
}

#[cold]
fn note(invocation: &Invocation, panic: &(dyn Any + Send)) {
    invocation.failed(Failure::of_panic(panic, take_place()));
}
