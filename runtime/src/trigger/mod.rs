//! Who invoked the function.
