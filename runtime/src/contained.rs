//! Contains panics of user code that the library calls.

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};

thread_local! {
    /// Whether a panic on this thread would be contained.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// The result of `call`, or `None` if it panics. What the panic may have left in an inconsistent state must not be used
/// again.
pub(crate) fn contained<T>(call: impl FnOnce() -> T) -> Option<T> {
    let around = WITHIN.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    WITHIN.set(around);
    result.ok()
}

/// Whether a panic on this thread would be contained: then it does not count as a failure.
pub(crate) fn is_contained() -> bool {
    WITHIN.get()
}

/// Writes a log line of the library. This runs user code: a subscriber may panic.
#[cold]
pub(crate) fn say(line: &dyn Fn()) {
    contained(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_goes_no_further_than_the_innermost() {
        let inner = || {
            assert!(is_contained());
            contained(|| panic!("a bug")).unwrap_or(1)
        };
        assert!(!is_contained());
        assert_eq!(contained(|| (inner(), is_contained())), Some((1, true)));
        assert_eq!(contained(|| -> u8 { panic!("a bug") }), None);
        assert!(!is_contained());
    }
}
