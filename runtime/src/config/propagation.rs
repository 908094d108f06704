//! How trace context is propagated: `DD_TRACE_PROPAGATION_*`, and the limits of its formats.

use super::reader::Reader;

/// A format of trace headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Datadog,
    TraceContext,
    /// The single `b3` header.
    B3,
    /// The `x-b3-*` headers.
    B3Multi,
    Baggage,
}

impl Style {
    /// The name in settings, and in links that name the format.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Datadog => "datadog",
            Self::TraceContext => "tracecontext",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Baggage => "baggage",
        }
    }

    fn named(name: &str) -> Option<Self> {
        const ALL: [Style; 5] = [
            Style::Datadog,
            Style::TraceContext,
            Style::B3,
            Style::B3Multi,
            Style::Baggage,
        ];
        let known = |style: &Self| name.eq_ignore_ascii_case(style.name());
        // The name that older tracers use.
        let old = name.eq_ignore_ascii_case("b3 single header");
        let found = ALL.into_iter().find(known);
        found.or(old.then_some(Self::B3))
    }
}

/// What happens with the context in an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// The invocation continues its trace.
    #[default]
    Continue,
    /// The invocation begins a trace that links to it.
    Restart,
    /// It is not used.
    Ignore,
}

/// The settings of propagation.
#[derive(Clone, Debug)]
pub(crate) struct Propagation {
    /// `DD_TRACE_PROPAGATION_STYLE_EXTRACT`, else `DD_TRACE_PROPAGATION_STYLE`, else `OTEL_PROPAGATORS`.
    /// Default `datadog,tracecontext,baggage`.
    pub(crate) extract: Vec<Style>,
    /// `DD_TRACE_PROPAGATION_STYLE_INJECT`, else the common setting, as above.
    pub(crate) inject: Vec<Style>,
    /// `DD_TRACE_PROPAGATION_EXTRACT_FIRST`: use the first context found, and do not look for others.
    /// Default `false`.
    pub(crate) extract_first: bool,
    /// `DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT`: `continue`, `restart` or `ignore`. Default `continue`.
    pub(crate) behavior: Behavior,
    /// `DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH`: the longest `x-datadog-tags`; 0 for none at all. Default 512.
    pub(crate) max_tags: usize,
    /// `DD_TRACE_BAGGAGE_MAX_ITEMS`. Default 64.
    pub(crate) max_baggage_items: usize,
    /// `DD_TRACE_BAGGAGE_MAX_BYTES`. Default 8192.
    pub(crate) max_baggage_bytes: usize,
    /// `DD_TRACE_BAGGAGE_TAG_KEYS`: the baggage that becomes tags; a lone `*` stands for all.
    /// Default `user.id,session.id,account.id`.
    pub(crate) baggage_tags: Vec<String>,
}

impl Propagation {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        const EITHER: &str = "DD_TRACE_PROPAGATION_STYLE";
        // Read even if it is not used, so that its problems are reported once.
        let common = reader
            .styles(EITHER)
            .or_else(|| reader.styles("OTEL_PROPAGATORS"))
            .unwrap_or_else(|| vec![Style::Datadog, Style::TraceContext, Style::Baggage]);
        let mut styles = |name| reader.styles(name).unwrap_or_else(|| common.clone());
        Self {
            extract: styles("DD_TRACE_PROPAGATION_STYLE_EXTRACT"),
            inject: styles("DD_TRACE_PROPAGATION_STYLE_INJECT"),
            extract_first: reader.flag("DD_TRACE_PROPAGATION_EXTRACT_FIRST", false),
            behavior: reader.behavior("DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT"),
            max_tags: reader.number("DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH", 512),
            max_baggage_items: reader.number("DD_TRACE_BAGGAGE_MAX_ITEMS", 64),
            max_baggage_bytes: reader.number("DD_TRACE_BAGGAGE_MAX_BYTES", 8192),
            baggage_tags: reader.list("DD_TRACE_BAGGAGE_TAG_KEYS").unwrap_or_else(|| {
                ["user.id", "session.id", "account.id"]
                    .map(String::from)
                    .into()
            }),
        }
    }
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The styles in a list; `None` if it is unset, or names no known style. `none` means an empty list.
    fn styles(&mut self, name: &str) -> Option<Vec<Style>> {
        let mut styles = Vec::new();
        let mut none = false;
        for part in self.list(name)? {
            match Style::named(&part) {
                Some(style) if styles.contains(&style) => {}
                Some(style) => styles.push(style),
                None if part.eq_ignore_ascii_case("none") => none = true,
                None => self.problem(name, &part, "a style of propagation", None),
            }
        }
        (none || !styles.is_empty()).then_some(styles)
    }

    fn behavior(&mut self, name: &str) -> Behavior {
        let Some(value) = self.text(name) else {
            return Behavior::default();
        };
        match value.to_ascii_lowercase().as_str() {
            "continue" => Behavior::Continue,
            "restart" => Behavior::Restart,
            "ignore" => Behavior::Ignore,
            _ => {
                let expected = "`continue`, `restart` or `ignore`";
                self.problem(name, &value, expected, Some(&"continue"));
                Behavior::default()
            }
        }
    }
}

#[cfg(test)]
impl Propagation {
    /// The settings of a process with these variables, and their problems.
    pub(crate) fn of(variables: &[(&str, &str)]) -> (Self, Vec<String>) {
        let mut reader = Reader::new(|name| {
            let mut known = variables.iter().filter(|(known, _)| *known == name);
            known.next().map(|(_, value)| (*value).to_owned())
        });
        (Self::read(&mut reader), reader.into_problems())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Style::{B3Multi, Baggage, Datadog, TraceContext, B3};

    const STYLE: &str = "DD_TRACE_PROPAGATION_STYLE";
    const EXTRACT: &str = "DD_TRACE_PROPAGATION_STYLE_EXTRACT";
    const INJECT: &str = "DD_TRACE_PROPAGATION_STYLE_INJECT";
    const OTEL: &str = "OTEL_PROPAGATORS";
    const DEFAULT: [Style; 3] = [Datadog, TraceContext, Baggage];

    #[test]
    fn the_most_specific_variable_names_the_styles() {
        for (variables, extract, inject) in [
            (&[][..], &DEFAULT[..], &DEFAULT[..]),
            (&[(STYLE, "")], &DEFAULT, &DEFAULT),
            (
                &[(STYLE, " B3multi, datadog,DATADOG")],
                &[B3Multi, Datadog],
                &[B3Multi, Datadog],
            ),
            (&[(STYLE, "b3"), (EXTRACT, "none")], &[], &[B3]),
            (
                &[(OTEL, "b3,tracecontext"), (INJECT, "baggage")],
                &[B3, TraceContext],
                &[Baggage],
            ),
            (
                &[(OTEL, "b3"), (STYLE, "none,datadog")],
                &[Datadog],
                &[Datadog],
            ),
            (&[(STYLE, "B3 single header")], &[B3], &[B3]),
        ] {
            let (settings, problems) = Propagation::of(variables);
            assert_eq!(settings.extract, extract, "{variables:?}");
            assert_eq!(settings.inject, inject, "{variables:?}");
            assert_eq!(problems, [""; 0], "{variables:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_and_left_out() {
        let (settings, problems) = Propagation::of(&[
            (STYLE, "jaeger"),
            (EXTRACT, "b3,xray"),
            ("DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT", "stop"),
        ]);
        assert_eq!(
            (&settings.extract[..], &settings.inject[..]),
            (&[B3][..], &DEFAULT[..])
        );
        assert_eq!(settings.behavior, Behavior::Continue);
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn an_empty_list_of_baggage_tags_is_one() {
        const KEYS: &str = "DD_TRACE_BAGGAGE_TAG_KEYS";
        let keys = |variables| Propagation::of(variables).0.baggage_tags;
        assert_eq!(keys(&[]), ["user.id", "session.id", "account.id"]);
        assert_eq!(keys(&[(KEYS, "")]), [""; 0]);
        assert_eq!(keys(&[(KEYS, " a , b*c")]), ["a", "b*c"]);
    }
}
