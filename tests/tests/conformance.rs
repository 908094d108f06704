//! Real events through a real function: the spans are those of the fixtures, and so those of the Python and the Node
//! library, but for the differences that `docs/src/differences.md` lists.
//!
//! `UPDATE=1 cargo test -p ddlambda-tests --test conformance` writes the spans that come into the fixtures, to be
//! reviewed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use ddlambda::testing::Lambda;
use ddlambda_tests::binary;
use ddlambda_tests::conformance::{facts, fixtures, Facts, Fixture, Period};
use ddlambda_tests::differences::{differences, Page};

#[tokio::test]
async fn events_become_the_spans_that_are_expected() {
    let page = Page::read();
    let mut by_environment: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for fixture in fixtures() {
        by_environment
            .entry(fixture.env.clone())
            .or_default()
            .push(fixture);
    }
    let mut failed = Vec::new();
    for (environment, fixtures) in by_environment {
        let lambda = start(&environment).await;
        for mut fixture in fixtures {
            let spans = spans(&lambda, &fixture, &page).await;
            if spans == fixture.expected {
                continue;
            }
            if std::env::var_os("UPDATE").is_some() {
                fixture.expected = spans;
                fixture.save();
            } else {
                failed.push(format!(
                    "{}:\n{}",
                    fixture.name,
                    changes(&fixture.expected, &spans)
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn the_page_lists_what_is_different_elsewhere() {
    let page = Page::read();
    let fixtures = fixtures();
    let compared = fixtures
        .iter()
        .flat_map(|fixture| differences(fixture, &page.left_out));
    let (unlisted, outdated) = page.check(&compared.collect::<Vec<_>>());
    assert!(
        unlisted.is_empty() && outdated.is_empty(),
        "not listed in docs/src/differences.md:\n{}\n\nlisted without need:\n{}",
        unlisted.join("\n"),
        outdated.join("\n"),
    );
}

/// A function that has had its first invocation.
async fn start(environment: &BTreeMap<String, String>) -> Lambda {
    let function = binary!("function").function_name("My-Func");
    let function = environment
        .iter()
        .fold(function, |function, (name, value)| {
            function.env(name, value)
        });
    let lambda = function.start().await;
    lambda.invoke(()).await;
    lambda
}

/// What is not as expected, line by line.
fn changes(expected: &[Facts], spans: &[Facts]) -> String {
    let lines = |spans: &[Facts]| -> BTreeSet<String> {
        let line = |span: &Facts| {
            let name = span.name.clone();
            let facts = span.named().into_iter();
            facts.map(move |(fact, value)| format!("{name} {fact}: {value}"))
        };
        spans.iter().flat_map(line).collect()
    };
    let (expected, come) = (lines(expected), lines(spans));
    let missing = expected.difference(&come).map(|line| format!("- {line}"));
    let added = come.difference(&expected).map(|line| format!("+ {line}"));
    let mut changes: Vec<_> = missing.chain(added).collect();
    changes.sort_by(|one, other| one[2..].cmp(&other[2..]));
    changes.join("\n")
}

async fn spans(lambda: &Lambda, fixture: &Fixture, page: &Page) -> Vec<Facts> {
    let from = now();
    let outcome = fixture.invocation(lambda).send().await;
    assert_eq!(outcome.is_ok(), !fixture.fails, "{}", fixture.name);
    let trace = outcome.trace().await;
    let period = Period { from, to: now() };
    facts(&trace, period, outcome.request_id(), &page.left_out)
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_nanos() as u64
}
