//! Printing values of the user's types.

use std::fmt::{Arguments, Write};

/// The text of a value. `format!` panics if the value says that it cannot be printed; this keeps what it has printed.
pub(crate) fn printed(value: Arguments<'_>) -> String {
    let mut text = String::new();
    text.write_fmt(value).unwrap_or_default();
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
}
