//! The macros of the `ddlambda` crate.
