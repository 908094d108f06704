//! One distributed trace with its log lines: checked, then shown.

use ddlambda::testing::{Lambda, Outcome, Span, Trace, Waterfall};
use serde_json::{Map, Value};

pub(crate) struct Story {
    trace: Trace,
    lines: Vec<Line>,
}

/// A line of a function's log.
struct Line {
    function: String,
    /// Nanoseconds since midnight.
    time: u64,
    level: String,
    message: String,
    fields: Vec<String>,
    span_id: u64,
}

impl Story {
    /// Collects what the functions have sent and logged under `trace_id`.
    pub(crate) fn new<'a>(trace_id: u128, functions: impl Iterator<Item = &'a Lambda>) -> Self {
        let (mut spans, mut lines) = (Vec::new(), Vec::new());
        for function in functions {
            let traces = function.traces().into_iter();
            let own = traces.filter(|trace| trace.trace_id() == trace_id);
            spans.extend(own.flat_map(|trace| trace.spans().to_vec()));
            lines.extend(Line::of_trace(function, trace_id));
        }
        lines.sort_by_key(|line: &Line| line.time);
        let trace = Trace::new(spans);
        Self { trace, lines }
    }

    /// Checks that the trace is one tree with an invocation of each of `functions`, and that the log lines of all of
    /// them belong to its spans.
    pub(crate) fn check(&self, functions: &[&str]) -> Result<(), String> {
        let spans = self.trace.spans();
        for span in spans {
            let has_parent = spans.iter().any(|parent| parent.span_id == span.parent_id);
            if has_parent != (span.span_id != self.trace.root().span_id) {
                return Err(self.wrong(&format!("`{}` is not connected", span.name)));
            }
        }
        if self.invocations().ne(functions.iter().copied()) {
            return Err(self.wrong(&format!("it does not go through {functions:?}")));
        }
        for function in functions {
            if !self.lines.iter().any(|line| line.function == *function) {
                return Err(self.wrong(&format!("`{function}` logged nothing")));
            }
        }
        match self.lines.iter().find(|line| self.span(line).is_none()) {
            Some(line) => Err(self.wrong(&format!("`{}` was logged in no span", line.message))),
            None => Ok(()),
        }
    }

    /// Checks that somewhere these spans follow on each other, each below the one before.
    pub(crate) fn check_path(&self, names: &[&str]) -> Result<(), String> {
        let spans = self.trace.spans();
        let above = |below: &Span| spans.iter().find(|span| span.span_id == below.parent_id);
        let mut ends = spans.iter().map(|end| {
            let path = std::iter::successors(Some(end), |span| above(span));
            path.map(|span| span.name.as_str()).take(names.len())
        });
        match ends.any(|path| path.eq(names.iter().rev().copied())) {
            true => Ok(()),
            false => Err(self.wrong(&format!("no path {}", names.join(" > ")))),
        }
    }

    /// Follows the links of all spans, which must lead to one span in each of `others`, and says where they lead.
    pub(crate) fn links(&self, others: &[&Self]) -> Result<String, String> {
        let mut text = String::new();
        let spans = self.trace.spans().iter();
        let links: Vec<_> = spans
            .flat_map(|span| span.links.iter().map(move |link| (span, link)))
            .collect();
        for other in others {
            let found = links.iter().find_map(|(from, link)| {
                let mut spans = other.trace.spans().iter();
                let to =
                    spans.find(|to| (to.trace_id, to.span_id) == (link.trace_id, link.span_id));
                Some((from, to?))
            });
            let (from, to) = found.ok_or_else(|| self.wrong("a link is missing"))?;
            text += &format!(
                "            ↗ {} links to `{}` of {} in trace {:032x}\n",
                from.service, to.name, to.service, to.trace_id
            );
        }
        match links.len() == others.len() {
            true => Ok(text),
            false => Err(self.wrong("there is another link")),
        }
    }

    /// Checks that the invocation of `function` failed with an error of this type.
    pub(crate) fn check_failure(&self, function: &str, kind: &str) -> Result<(), String> {
        let failed = |span: &&Span| span.name == "aws.lambda" && span.service == function;
        let error = self.trace.spans().iter().find(failed);
        match error.and_then(|span| span.tag("error.type")) {
            Some(found) if found == kind => Ok(()),
            found => Err(self.wrong(&format!("`{function}` has {found:?}, not `{kind}`"))),
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what}:\n\n{}", self.trace)
    }

    fn invocations(&self) -> impl Iterator<Item = &str> {
        let spans = self.trace.spans().iter();
        let invocations = spans.filter(|span| span.name == "aws.lambda");
        invocations.map(|span| span.service.as_str())
    }

    fn span(&self, line: &Line) -> Option<&Span> {
        let mut spans = self.trace.spans().iter();
        spans.find(|span| span.span_id == line.span_id)
    }

    /// The trace and its log under a title, with what the functions answered to AWS.
    pub(crate) fn tell(&self, title: &str, outcomes: &[&Outcome], ansi: bool) -> String {
        let rule = "─".repeat(115_usize.saturating_sub(title.chars().count()));
        let title = match ansi {
            true => format!("\x1b[1m{title}\x1b[0m"),
            false => title.to_owned(),
        };
        let traces = std::slice::from_ref(&self.trace);
        let picture = Waterfall::new(traces).ansi(ansi);
        let mut text = format!("\n─── {title} {rule}\n\n{picture}\n");
        for line in &self.lines {
            text += &self.show(line);
            text.push('\n');
        }
        for outcome in outcomes {
            text += &format!("            → {}\n", answer(outcome));
        }
        text
    }

    fn show(&self, line: &Line) -> String {
        const DAY: u64 = 86_400_000_000_000;
        let begin = self.trace.root().start % DAY;
        let millis = ((line.time + DAY - begin) % DAY) as f64 / 1e6;
        let span = self.span(line).map_or("", |span| span.name.as_str());
        let mut text = format!(
            "{millis:>6.1} ms  {:8}  {:10}  {:5}",
            line.function, span, line.level
        );
        for part in std::iter::once(&line.message).chain(&line.fields) {
            if !part.is_empty() {
                text += &format!("  {part}");
            }
        }
        text
    }
}

/// The answer of a function; of an HTTP response the status and the body.
fn answer(outcome: &Outcome) -> String {
    if let Some(error) = outcome.error() {
        return error.message.clone();
    }
    let response = outcome.response();
    match (&response["statusCode"], &response["body"]) {
        (Value::Number(status), Value::String(body)) => format!("{status} {body}"),
        _ => response.to_string(),
    }
}

impl Line {
    /// The lines of `function` that carry `trace_id`.
    fn of_trace(function: &Lambda, trace_id: u128) -> Vec<Self> {
        let id = format!("{trace_id:032x}");
        let mut own = Vec::new();
        for line in function.logs() {
            let Ok(members) = serde_json::from_str::<Map<String, Value>>(&line) else {
                continue;
            };
            if members.get("dd.trace_id").and_then(Value::as_str) == Some(&id) {
                own.extend(Self::read(function.function_name(), &members));
            }
        }
        own
    }

    fn read(function: &str, members: &Map<String, Value>) -> Option<Self> {
        let text = |name| members.get(name).and_then(Value::as_str);
        let is_own = |name: &str| {
            !name.starts_with("dd.")
                && !["timestamp", "level", "target", "message", "requestId"].contains(&name)
        };
        let fields = members.iter().filter(|(name, _)| is_own(name));
        Some(Self {
            function: function.to_owned(),
            time: time_of_day(text("timestamp")?)?,
            level: text("level")?.to_owned(),
            message: text("message").unwrap_or_default().to_owned(),
            fields: fields
                .map(|(name, value)| match value {
                    Value::String(text) if !text.contains(' ') => format!("{name}={text}"),
                    value => format!("{name}={value}"),
                })
                .collect(),
            span_id: text("dd.span_id")?.parse().ok()?,
        })
    }
}

/// Nanoseconds since midnight of `2026-01-01T12:34:56.123456Z`.
fn time_of_day(timestamp: &str) -> Option<u64> {
    let time = timestamp.split_once('T')?.1.strip_suffix('Z')?;
    let mut parts = time.split(':');
    let mut next = || parts.next()?.parse::<f64>().ok();
    let seconds = (next()? * 60.0 + next()?) * 60.0 + next()?;
    Some((seconds * 1e9) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: u64, parent: u64, name: &str) -> Span {
        let mut span = Span::default();
        (span.span_id, span.parent_id) = (id, parent);
        (span.name, span.service) = (name.to_owned(), "orders".to_owned());
        span.start = id;
        span
    }

    fn story(spans: impl IntoIterator<Item = Span>, span_id: u64) -> Story {
        let line = Line {
            function: "orders".to_owned(),
            time: time_of_day("2026-01-01T00:00:01.5Z").unwrap(),
            level: "INFO".to_owned(),
            message: "order received".to_owned(),
            fields: vec!["order=7".to_owned()],
            span_id,
        };
        let trace = Trace::new(spans);
        let lines = vec![line];
        Story { trace, lines }
    }

    #[test]
    fn only_a_connected_trace_with_its_log_passes() {
        let whole = || [span(1, 0, "aws.apigateway"), span(2, 1, "aws.lambda")];
        assert_eq!(story(whole(), 2).check(&["orders"]), Ok(()));
        let path = ["aws.apigateway", "aws.lambda"];
        assert_eq!(story(whole(), 2).check_path(&path), Ok(()));
        let gap = whole().into_iter().chain([span(3, 9, "charge")]);
        let refused = [
            story(gap, 2).check(&["orders"]),
            story(whole(), 3).check(&["orders"]),
            story(whole(), 2).check(&["orders", "payments"]),
            story(whole(), 2).links(&[&story(whole(), 2)]).map(drop),
            story(whole(), 2).check_path(&["aws.lambda", "aws.apigateway"]),
            story(whole(), 2).check_failure("orders", "panic"),
        ];
        assert!(refused.iter().all(Result::is_err), "{refused:#?}");
    }

    #[test]
    fn a_log_line_shows_its_place_on_the_time_scale() {
        let shown = story([span(2, 0, "aws.lambda")], 2);
        let text = shown.show(&shown.lines[0]);
        assert_eq!(
            text,
            "1500.0 ms  orders    aws.lambda  INFO   order received  order=7"
        );
    }
}
