//! Formatting values of user types.

use std::fmt::{Arguments, Write};

use crate::contained::contained;

/// The text of a value. `format!` panics if the implementation returns an error or panics; this keeps what has been written
/// by then.
pub(crate) fn printed(value: Arguments<'_>) -> String {
    let mut text = String::new();
    contained(|| text.write_fmt(value));
    text
}

#[cfg(test)]
mod tests {
    use super::printed;
    use std::fmt;

    struct Unprintable;

    impl fmt::Display for Unprintable {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("as far as this")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn a_value_that_does_not_print_is_no_panic() {
        assert_eq!(
            printed(format_args!("{Unprintable}, and on")),
            "as far as this"
        );
    }

    struct Panics;

    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("as far as that")?;
            panic!("a bug in Display");
        }
    }

    #[test]
    fn a_value_that_panics_is_no_panic_either() {
        assert_eq!(printed(format_args!("{Panics}, and on")), "as far as that");
    }
}
