//! `docs/src/configuration.md` names every variable that is read, and no other.

use super::Config;
use std::cell::RefCell;
use std::collections::BTreeSet;

#[test]
fn the_page_of_the_settings_is_complete() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let is_variable = |text: &&str| {
        let prefixes = ["AWS_", "DD_", "OTEL_", "RUST_"];
        let mut bytes = text.bytes();
        prefixes.iter().any(|prefix| text.starts_with(prefix))
            && bytes.all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
    };
    let quoted = page
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let named: BTreeSet<&str> = quoted.filter(is_variable).collect();

    let read = RefCell::new(BTreeSet::new());
    // Without values, so that no variable makes reading another unnecessary.
    Config::read(
        |name| {
            read.borrow_mut().insert(name.to_owned());
            None
        },
        false,
    );
    let read = read.into_inner();
    assert_eq!(named, read.iter().map(String::as_str).collect());

    // Variables that users set have a row in a table.
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for name in named.iter().filter(|name| name.starts_with("DD_")) {
        assert!(
            rows.iter().any(|row| row.contains(&format!("`{name}`"))),
            "{name}"
        );
    }
}
