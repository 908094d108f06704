//! How AWS calls are traced.

use std::collections::BTreeMap;

use super::reader::Reader;

/// The settings of AWS calls, other than names.
#[derive(Clone, Debug)]
pub(crate) struct AwsSdk {
    /// `DD_BOTOCORE_DISTRIBUTED_TRACING`: inject the trace context into what is sent. Default `true`.
    pub(crate) propagation: bool,
    /// `DD_TRACE_AWS_SDK_BATCH_PROPAGATION_ENABLED`: into every entry of a batch, not only the first. Default `true`.
    pub(crate) whole_batches: bool,
    /// `DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS` and `DD_BOTOCORE_DYNAMODB_TABLE_PRIMARY_KEYS`: the one or two attributes of a
    /// table's primary key.
    pub(crate) table_keys: Vec<(String, Vec<String>)>,
}

impl AwsSdk {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        Self {
            propagation: reader.flag("DD_BOTOCORE_DISTRIBUTED_TRACING", true),
            whole_batches: reader.flag("DD_TRACE_AWS_SDK_BATCH_PROPAGATION_ENABLED", true),
            table_keys: reader.table_keys(),
        }
    }
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The primary keys of tables, from both settings; for a table in both, the first setting counts.
    fn table_keys(&mut self) -> Vec<(String, Vec<String>)> {
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
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    const NODE: &str = "DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS";
    const PYTHON: &str = "DD_BOTOCORE_DYNAMODB_TABLE_PRIMARY_KEYS";

    #[test]
    fn keys_of_tables_come_by_two_names() {
        let config = Config::read(
            |name| match name {
                NODE => Some(r#"{"a": ["pk"], "b": ["pk", "sk"]}"#.to_owned()),
                PYTHON => Some(r#"{"b": ["other"], "c": ["id"]}"#.to_owned()),
                _ => None,
            },
            false,
        );
        let keys = config.aws.table_keys.iter();
        let keys: Vec<_> = keys.map(|(table, key)| (&**table, key.join(","))).collect();
        let known = [("a", "pk"), ("b", "pk,sk"), ("c", "id")];
        assert_eq!(keys, known.map(|(table, key)| (table, key.to_owned())));
        assert_eq!(config.problems, [""; 0]);
    }

    #[test]
    fn keys_that_make_no_sense_are_a_problem() {
        for text in [
            "orders",
            "[]",
            r#"{"a": "pk"}"#,
            r#"{"a": []}"#,
            r#"{"a": ["x", "x"]}"#,
            r#"{"a": ["x", "y", "z"]}"#,
        ] {
            for name in [NODE, PYTHON] {
                let config = Config::read(|asked| (asked == name).then(|| text.to_owned()), false);
                assert_eq!(
                    (config.aws.table_keys.len(), config.problems.len()),
                    (0, 1),
                    "{text}"
                );
            }
        }
    }
}
