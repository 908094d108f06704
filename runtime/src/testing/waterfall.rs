//! Traces drawn as text.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use super::span::Span;
use super::trace::Trace;

/// The width of a line, and the limits for the width of the time scale, in columns.
const WIDTH: usize = 120;
const SCALE: RangeInclusive<usize> = 16..=40;
/// The maximum width of each text column; longer text is cut.
const NAME: usize = 44;
const SERVICE: usize = 24;
const RESOURCE: usize = 24;

const GAP: &str = "  ";
const RED: &str = "31";
const DIM: &str = "2";
/// The ANSI colors of bars, by service.
const SERVICES: [&str; 5] = ["35", "36", "33", "34", "32"];

/// Traces drawn as text, as trees of spans on a time scale.
///
/// Each span has its service, its resource (unless that repeats the name or the service), a bar and its duration, and
/// below them its error, if there is one, and the number of its links. Traces with the same id, such as those of
/// functions that call each other, become one tree. Lines fit 120 columns, unless spans nest deeply.
///
/// ```
/// use ddlambda::testing::{Span, Trace, Waterfall};
///
/// let mut root = Span::default();
/// root.span_id = 1;
/// root.name = "aws.lambda".to_owned();
/// root.service = "orders".to_owned();
/// root.resource = "orders".to_owned();
/// root.duration = 12_000_000;
/// let mut query = Span::default();
/// query.span_id = 2;
/// query.parent_id = 1;
/// query.name = "load".to_owned();
/// query.service = "orders".to_owned();
/// query.resource = "customer".to_owned();
/// query.start = 3_000_000;
/// query.duration = 6_000_000;
///
/// let picture = Waterfall::new(&[Trace::new([root, query])]).to_string();
/// assert!(picture.contains("└─ load"));
/// ```
#[derive(Clone, Debug)]
pub struct Waterfall {
    traces: Vec<Trace>,
    ansi: bool,
}

impl Waterfall {
    /// Creates a drawing of `traces`. Those with the same trace id are merged.
    pub fn new(traces: &[Trace]) -> Self {
        let chunks: Vec<Vec<Span>> = traces.iter().map(|trace| trace.spans().to_vec()).collect();
        Self {
            traces: Trace::all(&chunks),
            ansi: false,
        }
    }

    /// Sets whether the text is coloured for a terminal. Defaults to `false`.
    pub fn ansi(mut self, ansi: bool) -> Self {
        self.ansi = ansi;
        self
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, trace: &Trace) -> fmt::Result {
        let spans = trace.spans();
        let begin = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let end = spans.iter().map(Span::end).max().unwrap_or(0);
        let mut services: Vec<&str> = Vec::new();
        for span in spans {
            if !services.contains(&span.service.as_str()) {
                services.push(&span.service);
            }
        }
        writeln!(
            f,
            "trace {:032x} · {} · {} · {}\n",
            trace.trace_id(),
            count(services.len(), "service"),
            count(spans.len(), "span"),
            duration(end - begin),
        )?;

        let rows = rows(trace);
        let width = |text: for<'a> fn(&'a Row<'_>) -> &'a str| {
            rows.iter()
                .map(|row| text(row).chars().count())
                .max()
                .unwrap_or(0)
        };
        let label = width(|row| &row.label);
        let service = width(|row| &row.service);
        let resource = width(|row| &row.resource);
        let time = width(|row| &row.duration);
        let text = label + service + resource + time + 4 * GAP.len();
        let scale = WIDTH.saturating_sub(text);
        let scale = scale.clamp(*SCALE.start(), *SCALE.end());
        for row in &rows {
            let colour = services
                .iter()
                .position(|service| *service == row.span.service)
                .unwrap_or(0);
            let colour = if row.span.error {
                RED
            } else {
                SERVICES[colour % SERVICES.len()]
            };
            let of = format!("{:service$}{GAP}{:resource$}", row.service, row.resource);
            let bar = bar(row.span, begin, end, scale);
            writeln!(
                f,
                "{:label$}{GAP}{}{GAP}{}{GAP}{:>time$}",
                row.label,
                self.paint(DIM, &of),
                self.paint(colour, &bar),
                row.duration
            )?;
            if row.span.error {
                let left = WIDTH.saturating_sub(row.rail.chars().count());
                let failure = cut(&failure(row.span), left);
                writeln!(f, "{}{}", row.rail, self.paint(RED, &failure))?;
            }
            if !row.span.links.is_empty() {
                let links = format!("↗ {}", count(row.span.links.len(), "link"));
                writeln!(f, "{}{}", row.rail, self.paint(DIM, &links))?;
            }
        }
        Ok(())
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        match self.ansi {
            true => format!("\x1b[{colour}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, trace) in self.traces.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            self.draw(f, trace)?;
        }
        Ok(())
    }
}

struct Row<'a> {
    label: String,
    service: String,
    resource: String,
    duration: String,
    /// The tree lines below the label, to the left of notes on the span.
    rail: String,
    span: &'a Span,
}

/// The spans in the order of the tree, depth first.
fn rows(trace: &Trace) -> Vec<Row<'_>> {
    let known: HashSet<u64> = trace.spans().iter().map(|span| span.span_id).collect();
    let (roots, rest): (Vec<&Span>, Vec<&Span>) = trace
        .spans()
        .iter()
        .partition(|span| !known.contains(&span.parent_id) || span.parent_id == span.span_id);
    let mut rows = Vec::new();
    let mut drawn = HashSet::new();
    // What remains after the roots are spans in a parent cycle; they are drawn as well.
    for span in roots.into_iter().chain(rest) {
        descend(trace, span, "", "", &mut drawn, &mut rows);
    }
    rows
}

fn descend<'a>(
    trace: &'a Trace,
    span: &'a Span,
    branch: &str,
    margin: &str,
    drawn: &mut HashSet<u64>,
    rows: &mut Vec<Row<'a>>,
) {
    if !drawn.insert(span.span_id) {
        return;
    }
    let children = trace.children(span);
    let resource = match &span.resource {
        resource if [&span.name, &span.service].contains(&resource) => "",
        resource => resource,
    };
    rows.push(Row {
        label: cut(&format!("{branch}{}", span.name), NAME),
        service: cut(&span.service, SERVICE),
        resource: cut(resource, RESOURCE),
        duration: duration(span.duration),
        rail: format!(
            "{margin}{}",
            if children.is_empty() { "   " } else { "│  " }
        ),
        span,
    });
    for (index, child) in children.iter().enumerate() {
        let (joint, rail) = if index + 1 == children.len() {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        descend(
            trace,
            child,
            &format!("{margin}{joint}"),
            &format!("{margin}{rail}"),
            drawn,
            rows,
        );
    }
}

/// The bar of a span on a scale with this many columns, rounded to half a column, which is also its minimum length.
fn bar(span: &Span, begin: u64, end: u64, columns: usize) -> String {
    let halves = 2 * columns as u128;
    let whole = u128::from(end - begin).max(1);
    let from = (u128::from(span.start - begin) * halves / whole).min(halves - 1);
    let to = (u128::from(span.end() - begin) * halves)
        .div_ceil(whole)
        .max(from + 1);
    let covers = |half: u128| from <= half && half < to;
    (0..halves)
        .step_by(2)
        .map(|half| match (covers(half), covers(half + 1)) {
            (true, true) => '━',
            (true, false) => '╸',
            (false, true) => '╺',
            (false, false) => ' ',
        })
        .collect()
}

fn failure(span: &Span) -> String {
    let message = span
        .tag("error.message")
        .or_else(|| span.tag("error.msg"))
        .and_then(|message| message.lines().next());
    match (span.tag("error.type"), message) {
        (Some(kind), Some(message)) => format!("✗ {kind}: {message}"),
        (None, Some(what)) | (Some(what), None) => format!("✗ {what}"),
        (None, None) => "✗ error".to_owned(),
    }
}

/// Formats a duration with three digits and a unit.
fn duration(nanoseconds: u64) -> String {
    let (value, unit) = match nanoseconds as f64 {
        value if value < 1e6 => (value / 1e3, "µs"),
        value if value < 1e9 => (value / 1e6, "ms"),
        value => (value / 1e9, "s"),
    };
    match value {
        value if value < 9.995 => format!("{value:.2} {unit}"),
        value if value < 99.95 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
