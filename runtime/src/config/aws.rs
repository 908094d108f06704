//! Settings of what the function calls.

use std::collections::BTreeMap;

use super::reader::Reader;

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The primary keys of tables, by either name of the setting; the first one wins.
    pub(super) fn table_keys(&mut self) -> Vec<(String, Vec<String>)> {
        let names = [
            "DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS",
            "DD_BOTOCORE_DYNAMODB_TABLE_PRIMARY_KEYS",
        ];
        let mut keys: Vec<(String, Vec<String>)> = Vec::new();
        for name in names {
            let Some(text) = self.text(name) else {
                continue;
            };
            let tables = serde_json::from_str::<BTreeMap<String, Vec<String>>>(&text);
            let is_key = |key: &Vec<String>| match key.as_slice() {
                [_] => true,
                [partition, sort] => partition != sort,
                _ => false,
            };
            match tables {
                Ok(tables) if tables.values().all(is_key) => {
                    let known: Vec<_> = keys.iter().map(|(table, _)| table.clone()).collect();
                    keys.extend(
                        tables
                            .into_iter()
                            .filter(|(table, _)| !known.contains(table)),
                    );
                }
                _ => self.problem(
                    name,
                    &text,
                    "a JSON object with a list of one or two names for each table",
                    None,
                ),
            }
        }
        keys
    }

    /// Whether names are those of the newer schema.
    pub(super) fn schema_v1(&mut self) -> bool {
        const NAME: &str = "DD_TRACE_SPAN_ATTRIBUTE_SCHEMA";
        match self.text(NAME).as_deref() {
            None | Some("v0") => false,
            Some("v1") => true,
            Some(other) => {
                self.problem(NAME, other, "`v0` or `v1`", Some(&"v0"));
                false
            }
        }
    }
}
