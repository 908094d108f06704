//! What the macros accept, and what they say about the rest.
//!
//! The files in `ui/*/fail` are named after the mistake they show. Their `.stderr` holds for one compiler only;
//! `TRYBUILD=overwrite cargo test --test ui` writes them anew.

#[test]
fn accepted() {
    trybuild::TestCases::new().pass("tests/ui/*/pass/*.rs");
}

#[rustversion::stable(1.95)]
#[test]
fn refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/fail/*.rs");
}
