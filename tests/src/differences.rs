//! Where this library does other than those for Python and Node, as `docs/src/differences.md` lists it.
//!
//! The page has two tables. One lists tags that are not compared. The other has a row for each known difference: the
//! event, the span, the field, and three values. In the first three, `*` at the end stands for anything, and commas
//! separate alternatives. A value in backticks is just that, a dash is none, and any other text leaves it open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::conformance::{Facts, Fixture};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/differences.md");

/// What the page says.
#[derive(Debug, Default)]
pub struct Page {
    /// The tags that are not compared.
    pub left_out: BTreeSet<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    line: String,
    /// Event, span, field.
    place: [String; 3],
    /// Ours, Python's, Node's.
    values: [String; 3],
}

/// A value that is neither Python's nor Node's.
#[derive(Debug)]
pub struct Difference {
    place: [String; 3],
    /// Ours, Python's, Node's; on the outside, whether it is known at all.
    values: [Option<Option<Value>>; 3],
}

impl Page {
    /// Reads the page.
    ///
    /// # Panics
    /// If it is not there, or a table has another form.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(PAGE).expect("the page of the differences");
        let mut page = Self::default();
        let tables = text.lines().filter(|line| line.starts_with("| "));
        for line in tables.filter(|line| !line.starts_with("| event") && !line.starts_with("| tag"))
        {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            match cells[..] {
                [tags, _why] => {
                    let tags = tags.split(", ").map(|tag| tag.trim_matches('`').to_owned());
                    page.left_out.extend(tags);
                }
                [event, span, field, ours, python, node, _why] => page.rows.push(Row {
                    line: line.to_owned(),
                    place: [event, span, field].map(str::to_owned),
                    values: [ours, python, node].map(str::to_owned),
                }),
                _ => panic!("{} cells in `{line}`", cells.len()),
            }
        }
        page
    }

    /// The differences that the page does not list, and the rows for which there are none.
    pub fn check(&self, differences: &[Difference]) -> (Vec<String>, Vec<&str>) {
        let unlisted = differences
            .iter()
            .filter(|difference| !self.rows.iter().any(|row| row.lists(difference)));
        let outdated = self
            .rows
            .iter()
            .filter(|row| !differences.iter().any(|difference| row.lists(difference)));
        (
            unlisted.map(ToString::to_string).collect(),
            outdated.map(|row| &*row.line).collect(),
        )
    }
}

impl Row {
    fn lists(&self, difference: &Difference) -> bool {
        let mut places = self.place.iter().zip(&difference.place);
        let mut values = self.values.iter().zip(&difference.values);
        places.all(|(pattern, place)| is_one_of(place, pattern))
            && values.all(|(cell, value)| value.as_ref().is_none_or(|value| fits(value, cell)))
    }
}

fn is_one_of(name: &str, patterns: &str) -> bool {
    patterns.split(", ").any(|pattern| {
        let inner = pattern.trim_end_matches('`');
        match inner.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        }
    })
}

fn fits(value: &Option<Value>, cell: &str) -> bool {
    let quoted = cell
        .strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'));
    match quoted.filter(|quoted| !quoted.contains('`')) {
        Some(quoted) => value.as_ref().map(shown).as_deref() == Some(quoted),
        None => cell != "–" || value.is_none(),
    }
}

/// A value as the table shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl fmt::Display for Difference {
    /// A row of the table, without a reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [event, span, field] = &self.place;
        write!(f, "| {event} | {span} | {field} |")?;
        for value in &self.values {
            match value {
                None => write!(f, " unknown |")?,
                Some(None) => write!(f, " – |")?,
                Some(Some(value)) => write!(f, " `{}` |", shown(value))?,
            }
        }
        write!(f, " |")
    }
}

/// The facts of one span, by name.
type Named = BTreeMap<String, Value>;

/// Compares what is expected of this library with what the others sent. A fact is as it should be if it is that of
/// either; one that only one of them has should be there.
pub fn differences(fixture: &Fixture, left_out: &BTreeSet<String>) -> Vec<Difference> {
    let libraries = [&fixture.python, &fixture.node];
    let theirs = libraries.into_iter().flatten().flatten();
    let names: BTreeSet<&str> = match libraries {
        [None, None] => BTreeSet::new(),
        _ => theirs
            .chain(&fixture.expected)
            .map(|span| &*span.name)
            .collect(),
    };
    let mut differences = Vec::new();
    for name in names {
        let find = |spans: &Vec<Facts>| spans.iter().find(|span| span.name == name).map(named);
        let ours = find(&fixture.expected);
        let theirs = libraries.map(|spans| spans.as_ref().map(find));
        for field in differing(ours.as_ref(), theirs.each_ref().map(Option::as_ref)) {
            let value =
                |span: &Option<Named>| span.as_ref().and_then(|span| span.get(&field)).cloned();
            let [python, node] = theirs.each_ref().map(|span| span.as_ref().map(value));
            if !left_out.contains(field.trim_matches('`')) {
                differences.push(Difference {
                    values: [Some(value(&ours)), python, node],
                    place: [fixture.name.clone(), name.to_owned(), field],
                });
            }
        }
    }
    differences
}

fn named(span: &Facts) -> Named {
    let mut named = span.named();
    named.insert(SPAN.to_owned(), "present".into());
    named
}

/// Stands for the span itself, where only some have it.
const SPAN: &str = "span";

/// The fields in which a span is neither as one library nor as the other sent it.
fn differing(ours: Option<&Named>, theirs: [Option<&Option<Named>>; 2]) -> Vec<String> {
    let known: Vec<&Named> = theirs.into_iter().flatten().flatten().collect();
    let (Some(ours), false) = (ours, known.is_empty()) else {
        return vec![SPAN.to_owned()];
    };
    // What a library that was not asked would have sent, ours may be.
    let is_open = theirs.contains(&None);
    let is_as_known = |field: &String| match ours.get(field) {
        Some(value) => {
            let may_be = is_open && field.starts_with('`');
            may_be || known.iter().any(|span| span.get(field) == Some(value))
        }
        None => false,
    };
    let fields = known.iter().copied().chain([ours]).flat_map(BTreeMap::keys);
    let fields: BTreeSet<&String> = fields.filter(|field| !is_as_known(field)).collect();
    fields.into_iter().cloned().collect()
}
