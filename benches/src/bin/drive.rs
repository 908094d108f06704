//! Counts the instructions of one warm invocation: callgrind's totals of a short and a long life of each function, and
//! the quotient of the differences, which is free of what start and end cost.
//!
//! `bench-drive <function>..`, with functions that end at the event `null`; `instructions.sh` calls it. A directory in
//! `PROFILES` keeps callgrind's files.

use std::path::{Path, PathBuf};

use ddlambda::testing::Lambda;

const SHORT: u64 = 100;
const LONG: u64 = 600;
const EVENT: &[u8] = include_bytes!("../../events/rest.json");

#[tokio::main]
async fn main() {
    println!(
        "{:<16} {:>12} {:>12}",
        "function", "instructions", "over bare"
    );
    let mut bare = None;
    for function in std::env::args_os().skip(1).map(PathBuf::from) {
        let (short, long) = (count(&function, SHORT).await, count(&function, LONG).await);
        let each = (long - short) / (LONG - SHORT);
        let over = each.saturating_sub(*bare.get_or_insert(each));
        let name = name(&function);
        println!("{name:<16} {each:>12} {over:>12}");
    }
}

fn name(function: &Path) -> String {
    function
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// All instructions of a life with this many invocations.
async fn count(function: &Path, invocations: u64) -> u64 {
    let profiles = std::env::var_os("PROFILES").map_or_else(std::env::temp_dir, PathBuf::from);
    let process = std::process::id();
    let profile = profiles.join(format!(
        "callgrind.{}.{invocations}.{process}",
        name(function)
    ));
    let lambda = Lambda::binary("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .args([
            format!("--callgrind-out-file={}", profile.display()).as_ref(),
            function.as_os_str(),
        ])
        .start()
        .await;
    for _ in 0..invocations {
        let outcome = lambda.invocation().bytes(EVENT).send().await;
        assert_eq!(outcome.response()["ok"], true, "{:?}", lambda.logs());
    }
    lambda.invocation().bytes("null").send().await;
    assert_eq!(lambda.exited().await, Some(0), "{:?}", lambda.logs());

    let text = std::fs::read_to_string(&profile).expect("valgrind writes its profile");
    if std::env::var_os("PROFILES").is_none() {
        std::fs::remove_file(&profile).expect("the profile can be removed");
    }
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .expect("a total in the profile")
}
