//! Many invocations, as `soak` makes them: each trace arrives, whole and unmixed, and the memory stays as it is.

use std::process::Command;

fn soak(count: &str, at_once: &str) {
    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    let output = soak.args([count, at_once]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn many_at_once() {
    soak("4000", "64");
}

#[test]
fn one_after_the_other() {
    soak("4000", "1");
}
