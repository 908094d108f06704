//! Properties of all formats, on generated contexts and headers: what is injected can be extracted, and what is extracted
//! from any headers is injected as valid ones.

use std::collections::BTreeSet;

use super::tests::{extracted, sent, sent_by};
use super::{extract_json, TraceContext};
use crate::json::Json;

/// All formats at once.
const ALL: &str = "datadog,tracecontext,b3,b3multi,baggage";

/// A deterministic source of contexts.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// SplitMix64: all of its bits may be ids.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn one_of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len() as u64) as usize]
    }

    /// Text of `letters`, from one to `limit` of them.
    fn text(&mut self, letters: &[char], limit: u64) -> String {
        (0..=self.below(limit))
            .map(|_| self.one_of(letters))
            .collect()
    }

    /// Printable ASCII without `except`, and without a space at the end, which headers do not keep.
    fn value(&mut self, except: &str, limit: u64) -> String {
        let letters: Vec<char> = (' '..='~')
            .filter(|letter| !except.contains(*letter))
            .collect();
        let value = self.text(&letters, limit);
        value.trim_end().to_owned() + "."
    }

    fn trace_id(&mut self) -> u128 {
        let high = self.one_of(&[0, 1, u64::MAX, 0x65e1_f2a3_0000_0000]);
        u128::from(high) << 64 | u128::from(self.id())
    }

    fn id(&mut self) -> u64 {
        match self.below(4) {
            0 => self.one_of(&[1, u64::MAX, 1 << 63, 9]),
            _ => self.next().max(1),
        }
    }

    /// A context that both Datadog's and W3C's headers can represent.
    fn context(&mut self) -> TraceContext {
        let priorities = [-1, 0, 1, 2, -2, 3, i32::MIN, i32::MAX];
        let mut context = TraceContext::new(self.trace_id(), self.id())
            .with_sampling_priority(self.one_of(&priorities));
        if self.below(2) == 0 {
            context = context.with_origin(self.value(",;~", 20));
        }
        for name in 0..self.below(4) {
            let value = match self.below(3) {
                0 => ("_dd.p.dm".to_owned(), format!("-{}", self.below(256))),
                _ => (format!("_dd.p.x.{name}"), self.value(",;~", 40)),
            };
            context.tags.retain(|(known, _)| *known != value.0);
            context.tags.push(value);
        }
        self.baggage(&mut context);
        context
    }

    fn baggage(&mut self, context: &mut TraceContext) {
        let letters: Vec<char> = (' '..='~')
            .chain("é\u{0}\n\u{1f600}\u{fffd}".chars())
            .collect();
        for _ in 0..self.below(4) {
            let (key, value) = (self.text(&letters, 8), self.text(&letters, 30));
            context.baggage.set(key, value);
        }
    }

    fn members(&mut self) -> Option<String> {
        let keys: Vec<char> = ('a'..='z')
            .chain('0'..='9')
            .chain("_-*/@".chars())
            .collect();
        let members: Vec<String> = (0..self.below(40))
            .map(|at| format!("k{at}{}={}", self.text(&keys, 9), self.value(",=", 9)))
            .take(31)
            .collect();
        (!members.is_empty()).then(|| members.join(","))
    }

    /// Any text, though more often than not one that means something.
    fn garbage(&mut self) -> String {
        const PIECES: [&str; 40] = [
            "-",
            ",",
            "=",
            ";",
            ":",
            "~",
            " ",
            "\t",
            "%",
            "%4",
            "%ff",
            "\n",
            "é",
            "\u{0}",
            "+",
            "00",
            "01",
            "ff",
            "d",
            "0",
            "1",
            "dd=",
            "s:",
            "o:",
            "p:",
            "t.",
            "t.dm:",
            "t.tid:",
            "ot=",
            "rv:",
            "th:8",
            "_dd.p.",
            "_dd.p.dm=-4",
            "_dd.p.tid=65e1f2a300000000",
            "rum",
            "12345678901234567890123456789012",
            "1234567890123456",
            "00-12345678901234567890123456789012-1234567890123456-01",
            "18446744073709551615",
            "a=b",
        ];
        match self.below(8) {
            0 => String::from_utf8_lossy(
                &(0..self.below(80))
                    .map(|_| self.next() as u8)
                    .collect::<Vec<_>>(),
            )
            .into(),
            1 => "x".repeat(self.below(700) as usize),
            2 => (0..self.below(60)).map(|at| format!("k{at}=v,")).collect(),
            _ => (0..self.below(12)).map(|_| self.one_of(&PIECES)).collect(),
        }
    }
}

/// What is extracted after `context` was injected in these styles, without the fields that no header has.
fn returned(styles: &str, context: &TraceContext) -> TraceContext {
    let headers = sent(styles, context);
    let pairs: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut back = extracted(styles, &pairs).unwrap_or_default();
    assert_eq!(back.links, [], "{headers:?}");
    back.style = None;
    back
}

#[test]
fn datadogs_headers_bring_everything_back() {
    let mut generator = Generator(1);
    for _ in 0..3_000 {
        let mut context = generator.context();
        if context.origin.is_some() {
            context.origin = Some(generator.value("", 20));
        }
        assert_eq!(returned("datadog,baggage", &context), context);
    }
}

#[test]
fn the_headers_of_w3c_bring_everything_back_and_the_last_span() {
    let mut generator = Generator(2);
    for _ in 0..3_000 {
        let mut context = generator.context();
        context.tracestate = generator.members();
        let back = returned("tracecontext,baggage", &context);
        context.last_datadog_parent = Some(format!("{:016x}", context.parent_id));
        assert_eq!(back, context);
    }
}

#[test]
fn both_together_bring_everything_back() {
    let mut generator = Generator(3);
    for _ in 0..3_000 {
        let mut context = generator.context();
        context.tracestate = generator.members();
        assert_eq!(returned("datadog,tracecontext,baggage", &context), context);
    }
}

#[test]
fn the_headers_of_b3_bring_the_ids_and_the_decision_back() {
    let mut generator = Generator(4);
    for _ in 0..3_000 {
        let mut context = TraceContext::new(generator.trace_id(), generator.id())
            .with_sampling_priority(generator.one_of(&[0, 1, 2]));
        generator.baggage(&mut context);
        for styles in ["b3,baggage", "b3multi,baggage", "baggage,b3multi,b3"] {
            assert_eq!(returned(styles, &context), context, "{styles}");
        }
    }
}

/// The headers that any format reads.
const NAMES: [&str; 13] = [
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-origin",
    "x-datadog-tags",
    "traceparent",
    "tracestate",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
    "baggage",
];

#[test]
fn whatever_comes_what_goes_out_is_valid() {
    let mut generator = Generator(5);
    let mut found = 0;
    for _ in 0..20_000 {
        let values: Vec<String> = NAMES.iter().map(|_| generator.garbage()).collect();
        let mut headers: Vec<_> = NAMES
            .into_iter()
            .zip(values.iter().map(String::as_str))
            .collect();
        if generator.below(2) == 0 {
            let traceparent = "00-12345678901234567890123456789012-1234567890123456-01";
            headers.retain(|(name, _)| *name != "traceparent");
            headers.push(("traceparent", traceparent));
        }
        let Some(mut context) = extracted(ALL, &headers) else {
            continue;
        };
        // As in a child span.
        context.trace_id = context.trace_id.max(1);
        context.parent_id = generator.id();
        found += 1;
        let (sent, _) = sent_by(&[("DD_TRACE_PROPAGATION_STYLE", ALL)], &context);
        assert_traceparent(&sent["traceparent"]);
        assert_tracestate(&sent["tracestate"]);
        let tags = sent.get("x-datadog-tags").map_or("", String::as_str);
        assert!(tags.len() <= 512, "{tags}");
        let baggage = sent.get("baggage").map_or("", String::as_str);
        assert!(baggage.len() <= 8192 && baggage.split(',').count() <= 64);
        assert!(
            baggage.bytes().all(|byte| byte.is_ascii_graphic()),
            "{baggage}"
        );
    }
    assert!(found > 10_000, "{found}");
}

#[test]
fn no_bytes_are_too_strange() {
    let mut generator = Generator(6);
    for _ in 0..4_000 {
        let members = NAMES
            .iter()
            .map(|name| ((*name).to_owned(), generator.garbage().into()));
        let carrier = serde_json::Value::Object(members.collect()).to_string();
        let mut bytes = carrier.into_bytes();
        for _ in 0..generator.below(4) {
            let at = generator.below(bytes.len() as u64) as usize;
            bytes[at] = generator.next() as u8;
        }
        bytes.truncate(generator.below(4 * bytes.len() as u64) as usize);
        let _ = extract_json(Json::new(&bytes));
    }
}

fn assert_traceparent(text: &str) {
    let fields: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
    assert_eq!(lengths, [2, 32, 16, 2], "{text}");
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    assert!(fields.iter().all(|field| field.bytes().all(hex)), "{text}");
    assert!(
        fields[0] == "00" && matches!(fields[3], "00" | "01"),
        "{text}"
    );
    let zero = |field: &str| field.bytes().all(|byte| byte == b'0');
    assert!(!zero(fields[1]) && !zero(fields[2]), "{text}");
}

/// The grammar of W3C, level 2: `key "=" value` joined by commas.
fn assert_tracestate(text: &str) {
    let members: Vec<_> = text
        .split(',')
        .map(|member| member.split_once('='))
        .collect();
    assert!((1..=32).contains(&members.len()), "{text}");
    let mut keys = BTreeSet::new();
    for member in members {
        let (key, value) = member.unwrap_or_else(|| panic!("{text}"));
        assert!(keys.insert(key), "{key} twice in {text}");
        let key_byte = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte)
        };
        assert!(
            key.bytes().all(key_byte) && (1..=256).contains(&key.len()),
            "{text}"
        );
        assert!(
            key.starts_with(|first: char| first.is_ascii_alphanumeric()),
            "{text}"
        );
        let value_byte = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'=';
        assert!(
            value.bytes().all(value_byte) && (1..=256).contains(&value.len()),
            "{text}"
        );
        assert!(!value.ends_with(' '), "{text}");
    }
    assert!(text.starts_with("dd=s:"), "{text}");
}
