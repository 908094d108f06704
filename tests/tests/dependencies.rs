//! What ddlambda brings along: under which licences, from where, and each of it once.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Licences that go together with Apache-2.0, without conditions but to name the authors.
const LICENCES: [&str; 5] = ["Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "Unicode-3.0"];
/// What is there in two versions: below other crates, or for building only.
const TWICE: [&str; 5] = ["base64", "hashbrown", "indexmap", "schemars", "syn"];

/// The packages that ddlambda consists of, with all of its features.
fn packages() -> Vec<Value> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .arg(format!("--filter-platform={host}"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        cargo.status.success(),
        "{}",
        String::from_utf8_lossy(&cargo.stderr)
    );
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (node["id"].to_string(), node))
        .collect();
    let all = list(&metadata["packages"]);
    let root = all.iter().find(|package| package["name"] == "ddlambda");
    let mut found = BTreeSet::new();
    let mut open = vec![root.unwrap()["id"].to_string()];
    while let Some(id) = open.pop() {
        if found.insert(id.clone()) {
            let needed = |dependency: &Value| {
                list(&dependency["dep_kinds"])
                    .iter()
                    .any(|kind| kind["kind"].is_null())
            };
            let dependencies = list(&nodes[&id]["deps"]).into_iter().filter(needed);
            open.extend(dependencies.map(|dependency| dependency["pkg"].to_string()));
        }
    }
    all.into_iter()
        .filter(|package| found.contains(&package["id"].to_string()))
        .collect()
}

/// Whether a licence, with its alternatives, can be taken.
fn is_fine(licence: &str) -> bool {
    let licence = licence.replace(['(', ')'], "").replace('/', " OR ");
    licence
        .split(" AND ")
        .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[cfg(target_os = "linux")]
#[test]
fn dependencies_are_free_from_one_place_and_there_once() {
    let packages = packages();
    assert!(packages.len() > 50, "{}", packages.len());
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        assert!(
            is_fine(package["license"].as_str().unwrap_or("none")),
            "{name}: {}",
            package["license"]
        );
        let source = package["source"].as_str().unwrap_or_default();
        let is_own = name.starts_with("ddlambda");
        assert!(
            is_own || source.contains("crates.io-index"),
            "{name} is from `{source}`"
        );
        *versions.entry(name).or_default() += 1;
    }
    let twice = versions.into_iter().filter(|(_, versions)| *versions > 1);
    let twice: Vec<_> = twice.map(|(name, _)| name).collect();
    assert!(twice.iter().all(|name| TWICE.contains(name)), "{twice:?}");
}
