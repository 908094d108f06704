//! What the tests of ddlambda share: the work that their functions do, the events they are sent, and what stands
//! between a function and its agent.

pub mod aws;
pub mod conformance;
pub mod datagrams;
pub mod differences;
pub mod dogstatsd;
pub mod early;
pub mod effort;
pub mod events;
pub mod extension;
pub mod gate;
pub mod host;
pub mod journal;
pub mod mutate;
pub mod propagation;
pub mod proxy;
pub mod socket;
pub mod task;
pub mod variants;
pub mod web;
pub mod xray;

/// A function of this crate, to be started: `binary!("function")`.
#[macro_export]
macro_rules! binary {
    ($name:literal) => {
        ::ddlambda::testing::Lambda::binary(env!(concat!("CARGO_BIN_EXE_", $name)))
    };
}
