//! The user's code within the library's: a panic in it goes no further.

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};

thread_local! {
    /// Whether a panic on this thread ends in the library.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// What `call` returns, unless it panics: then nothing that the panic may have left half-done is to be looked at again.
pub(crate) fn contained<T>(call: impl FnOnce() -> T) -> Option<T> {
    let around = WITHIN.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    WITHIN.set(around);
    result.ok()
}

/// Whether a panic that happens here is contained: it is nobody's failure then.
pub(crate) fn is_contained() -> bool {
    WITHIN.get()
}

/// Writes a line of the library's own, which is the user's code: a subscriber may panic.
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
