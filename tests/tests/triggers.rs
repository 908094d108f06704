//! `docs/src/triggers.md` names the spans and the sources that the events of the fixtures have, and no others.

use std::collections::BTreeSet;

use ddlambda_tests::conformance::fixtures;
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/src/triggers.md");

/// The columns of the table of the sources.
const SPANS: usize = 4;
const EVENT_SOURCE: usize = 7;

#[test]
fn the_page_of_the_triggers_is_complete() {
    let rows = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| source"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('|').collect()).collect();
    let quoted = |column: usize, most: usize| -> BTreeSet<String> {
        let cells = rows.iter().map(|row| row[column]);
        let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).take(most));
        quoted.map(str::to_owned).collect()
    };
    let spans: Vec<_> = fixtures()
        .into_iter()
        .flat_map(|fixture| fixture.expected)
        .collect();

    let names = spans.iter().map(|span| span.name.clone());
    let names: BTreeSet<String> = names.filter(|name| name != "aws.lambda").collect();
    assert_eq!(quoted(SPANS, usize::MAX), names);

    let sources = spans.iter().filter_map(|span| {
        let source = span.named().remove("`function_trigger.event_source`");
        source.as_ref().and_then(Value::as_str).map(str::to_owned)
    });
    assert_eq!(quoted(EVENT_SOURCE, 1), sources.collect());
}
