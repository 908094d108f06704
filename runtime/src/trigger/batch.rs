//! The records of an event.

use crate::json::{Items, Json, Str};

/// The records of an event, with what several services need of them.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) first: Json<'a>,
    /// The members of the first record.
    pub(super) members: Vec<(Str<'a>, Json<'a>)>,
    /// The members of its `Sns`, `kinesis` or `dynamodb`, which can be large.
    pub(super) inside: Vec<(Str<'a>, Json<'a>)>,
    /// The records after the first.
    pub(super) others: Items<'a>,
    source: Json<'a>,
}

impl<'a> Batch<'a> {
    /// About as many members as a record has.
    const TYPICAL: usize = 10;

    pub(super) fn read(records: Json<'a>) -> Option<Self> {
        let mut others = records.elements();
        let first = others.next()?;
        // To the end, so that the record need not be skipped again.
        let mut members = Vec::with_capacity(Self::TYPICAL);
        let mut inside = Vec::new();
        others.walk(|all| {
            while let Some((name, value)) = all.next() {
                members.push((name, value));
                if matches!(name.raw(), b"Sns" | b"kinesis" | b"dynamodb") && inside.is_empty() {
                    inside.reserve(Self::TYPICAL);
                    all.walk(|all| inside.extend(all));
                }
            }
        });
        let mut batch = Self {
            first,
            members,
            inside,
            others,
            source: first,
        };
        batch.source = batch.get("eventSource")?;
        Some(batch)
    }

    /// The service that the first record comes from, such as `aws:sqs`.
    pub(super) fn source(&self) -> Option<Str<'a>> {
        self.source.string()
    }

    /// A member of the first record, ignoring the case of its name.
    pub(super) fn get(&self, name: &str) -> Option<Json<'a>> {
        let mut members = self.members.iter();
        let found = members.find(|(known, _)| known.is_ignore_case(name));
        found.map(|(_, value)| *value)
    }
}
