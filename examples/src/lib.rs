//! What the example functions share: a client for AWS that needs no SDK.

pub mod aws;
#[cfg(doctest)]
mod pages;
