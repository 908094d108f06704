//! Amazon DynamoDB. Pointers lead to the items that are written, by their primary keys.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::request::Request;
use super::{Service, Style, Target};
use crate::config::Config;
use crate::json::Json;
use crate::span::pointer::{self, Key};
use crate::span::{SpanLink, Tags};
use crate::trigger::{key_bytes, table_of_arn};

pub(super) struct DynamoDb;

impl Service for DynamoDb {
    fn id(&self) -> &'static str {
        "dynamodb"
    }

    fn host(&self) -> Option<&'static str> {
        Some("dynamodb")
    }

    fn style(&self, _: &str) -> Style {
        Style {
            span_type: "dynamodb",
            ..Style::default()
        }
    }

    fn describe<'r>(&self, request: &Request<'r>, tags: &mut Tags) -> Option<Cow<'r, str>> {
        tags.push("db.system", "aws.dynamodb");
        let table = request.text("TableName").or_else(|| {
            let mut tables = request.json()?.get("RequestItems")?.members();
            let (only, _) = tables.next()?;
            tables.next().is_none().then_some(only)
        })?;
        let table = match table {
            Cow::Borrowed(table) => Cow::Borrowed(name(table)),
            Cow::Owned(table) => Cow::Owned(name(&table).to_owned()),
        };
        tags.push("tablename", &table);
        tags.push("aws.dynamodb.table_name", &table);
        Some(table)
    }

    fn target(&self, operation: &str, request: &Request<'_>, config: &Config) -> Target {
        let input = request.json().filter(|_| config.span_pointers);
        let pointers = input.map_or_else(Vec::new, |input| match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => written(input, config).into_iter().collect(),
            "BatchWriteItem" => batch(input.get("RequestItems"), config),
            "TransactWriteItems" => {
                let items = input.get("TransactItems").into_iter();
                let items = items.flat_map(|items| items.items());
                let writes = items.filter_map(|item| item.members().next());
                writes
                    .filter(|(kind, _)| kind != "ConditionCheck")
                    .filter_map(|(_, write)| written(write, config))
                    .collect()
            }
            _ => Vec::new(),
        });
        Target::Items(pointers)
    }

    fn pointers(
        &self,
        operation: &str,
        target: Target,
        response: &HttpResponse,
        config: &Config,
    ) -> Vec<SpanLink> {
        let Target::Items(mut pointers) = target else {
            return Vec::new();
        };
        if operation == "BatchWriteItem" && !pointers.is_empty() {
            let body = Json::new(response.body().bytes().unwrap_or_default());
            for left in batch(body.get("UnprocessedItems"), config) {
                if let Some(at) = pointers.iter().position(|pointer| *pointer == left) {
                    pointers.remove(at);
                }
            }
        }
        pointers
    }
}

/// The name of a table, which may be given as an ARN.
fn name(table: &str) -> &str {
    table_of_arn(table).unwrap_or(table)
}

/// The pointer to the item of one write, which has either the key or an item. For the latter, the table's key must be
/// configured.
fn written(write: Json<'_>, config: &Config) -> Option<SpanLink> {
    let table = write.get("TableName")?.as_str()?;
    let table = name(&table);
    match write.get("Key") {
        Some(key) => by_key(table, key),
        None => by_item(table, write.get("Item")?, config),
    }
}

/// The pointers to the items of a batch, which lists requests by table.
fn batch(requests: Option<Json<'_>>, config: &Config) -> Vec<SpanLink> {
    let tables = requests.into_iter().flat_map(|requests| requests.members());
    let pointers = tables.flat_map(|(table, requests)| {
        requests.items().filter_map(move |request| {
            let table = name(&table);
            match request.get("DeleteRequest") {
                Some(delete) => by_key(table, delete.get("Key")?),
                None => by_item(table, request.get("PutRequest")?.get("Item")?, config),
            }
        })
    });
    pointers.collect()
}

fn by_key(table: &str, key: Json<'_>) -> Option<SpanLink> {
    // One more than a key can have, so that too many are noticed.
    let attributes = key.members().take(3);
    let key = attributes.map(|(name, value)| Some((name, key_bytes(value)?)));
    point(table, &key.collect::<Option<Vec<_>>>()?)
}

fn by_item(table: &str, item: Json<'_>, config: &Config) -> Option<SpanLink> {
    let (_, names) = config
        .aws
        .table_keys
        .iter()
        .find(|(known, _)| known == table)?;
    let key = names.iter().map(|name| {
        let value = key_bytes(item.get(name)?)?;
        Some((Cow::Borrowed(name.as_str()), value))
    });
    point(table, &key.collect::<Option<Vec<_>>>()?)
}

fn point(table: &str, key: &[Key<'_>]) -> Option<SpanLink> {
    pointer::dynamodb_item(pointer::DOWNSTREAM, table, key)
}
