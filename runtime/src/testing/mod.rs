//! A Lambda without AWS, for the tests of a function.
