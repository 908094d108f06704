//! A function beside the Datadog Lambda Extension, which it knows by a file.

use std::ffi::OsStr;

use ddlambda::testing::{Binary, Lambda};

/// Gives the process an `/opt` of its own, with the file, and goes on as the program in it.
const SCRIPT: &str = r#"
    mount -t tmpfs none /opt && mkdir /opt/extensions && : > /opt/extensions/datadog-agent && exec "$0" "$@"
"#;

/// A function of this crate that sees the extension's file: `beside_extension(binary, arguments)`, where `binary` is the
/// path of its program.
///
/// The file is in a mount namespace of the process's own, so that others do not see it. Root may make one, and so may
/// everybody else where there are user namespaces; [`start`] says so where that is not allowed.
pub fn beside_extension(binary: &str, arguments: &[&str]) -> Binary {
    let namespace = ["--mount", "--map-root-user", "/bin/sh", "-c", SCRIPT];
    Lambda::binary("unshare")
        .args(namespace.map(OsStr::new))
        .args([binary])
        .args(arguments)
}

/// Starts it.
///
/// # Panics
/// If this system does not allow it: then nothing of the extension can be tested here, which is to be seen.
pub async fn start(function: Binary) -> Lambda {
    let lambda = function.start().await;
    let denied = |line: &String| line.starts_with("unshare:") || line.starts_with("mount:");
    if let Some(line) = lambda.logs().iter().find(|line| denied(line)) {
        panic!(
            "a function beside the extension needs root, or user namespaces for everybody: {line}"
        );
    }
    lambda
}
