//! A short run of each program that makes things up: longer ones are started by hand.

use std::process::Command;

fn run(program: &str, count: &str) {
    let output = Command::new(program).arg(count).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn events() {
    run(env!("CARGO_BIN_EXE_fuzz_events"), "300");
}

#[test]
fn headers() {
    run(env!("CARGO_BIN_EXE_fuzz_headers"), "300");
}

#[test]
fn settings() {
    run(env!("CARGO_BIN_EXE_fuzz_settings"), "60");
}
