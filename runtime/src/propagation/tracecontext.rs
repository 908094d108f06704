//! The W3C headers `traceparent` and `tracestate`. What W3C does not define is in the `dd` member of `tracestate`.

use std::borrow::Cow;

use super::datadog::text_of;
use super::fields::{split, split_once, trim};
use super::{datadog, hex, ot, Headers, Inject, Outgoing, TraceContext};
use crate::span::Head;

/// The most members that a `tracestate` may have, ours included.
const MAX_MEMBERS: usize = 32;
/// The longest `dd` member that is written.
const MAX_DD: usize = 256;
/// How much of a `dd` member is read: its tags are propagated with every call, and compared with each other.
const MAX_DD_READ: usize = 512;
/// How much is kept of other vendors' members, since servers reject long headers.
pub(super) const MAX_STATE: usize = 8 * 1024;
/// The length of `traceparent`.
const LENGTH: usize = 55;

/// Extracts the context; `None` without a valid `traceparent`, whatever `tracestate` contains.
pub(super) fn extract(headers: &Headers<'_>) -> Option<TraceContext> {
    let parent = Traceparent::parse(headers.traceparent.as_deref()?)?;
    let mut context = TraceContext::new(parent.trace_id, parent.span_id);
    let state = State::read(headers);
    context.tracestate = state.others;
    let stated = state.dd.and_then(|dd| read_dd(dd, &mut context));
    decide(parent.sampled, stated, &mut context);
    Some(context)
}

/// Adds what these headers say about the trace that another format found: the last span, since every vendor updates it,
/// and other vendors' members. `None` if they have no trace or a different one.
pub(super) fn join(headers: &Headers<'_>, context: &mut TraceContext) -> Option<()> {
    let parent = Traceparent::parse(headers.traceparent.as_deref()?)?;
    if parent.trace_id != context.trace_id {
        return None;
    }
    let state = State::read(headers);
    context.tracestate = state.others;
    if parent.span_id != context.parent_id {
        let last = items(state.dd.unwrap_or_default()).filter(|(key, _)| *key == "p");
        let known = Some(context.parent_id).filter(|id| *id != 0);
        context.last_datadog_parent = last
            .last()
            .map(|(_, id)| id.to_owned())
            .or_else(|| known.map(|id| format!("{id:016x}")));
        context.parent_id = parent.span_id;
    }
    Some(())
}

/// The parsed `tracestate`.
#[derive(Default)]
struct State<'a> {
    /// The valid members of other vendors that will fit beside ours, in order, one for each key.
    others: Option<String>,
    /// The value of our first member.
    dd: Option<&'a str>,
}

/// Writes both headers. `text` is a buffer for the values.
pub(super) fn inject(context: &Outgoing<'_>, into: &mut dyn Inject, text: &mut String) {
    text.clear();
    text.push_str("00-");
    hex::push(text, context.trace_id, 32);
    text.push('-');
    hex::push(text, context.span_id.into(), 16);
    text.push_str(if context.priority > 0 { "-01" } else { "-00" });
    into.set_text("traceparent", text);
    text.clear();
    write_dd(context, text);
    for member in members(context.tracestate.unwrap_or_default()).take(MAX_MEMBERS - 1) {
        text.push(',');
        text.push_str(member);
    }
    into.set_text("tracestate", text);
}

/// Whether a header may contain this text.
pub(super) fn is_printable(text: &str) -> bool {
    each(text, |byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// Whether all bytes are valid. Does not stop at the first invalid one, so that the compiler can vectorise it.
fn each(text: &str, valid: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & valid(byte))
}

struct Traceparent {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

impl Traceparent {
    /// Parses `VV-<32 hex>-<16 hex>-<2 hex>`, which in future versions may be followed by `-` and anything.
    fn parse(text: &str) -> Option<Self> {
        let text = trim(text);
        let (known, tail) = (text.get(..LENGTH)?, text.get(LENGTH..)?);
        let field = |from: usize, to: usize| known.get(from..to);
        if [2, 35, 52].iter().any(|at| known.as_bytes()[*at] != b'-') {
            return None;
        }
        let version = hex::parse(field(0, 2)?, 2)?;
        let trace_id = hex::parse(field(3, 35)?, 32)?;
        let span_id = hex::parse(field(36, 52)?, 16)? as u64;
        let flags = hex::parse(field(53, 55)?, 2)?;
        let tail_fits = tail.is_empty() || (version != 0 && tail.starts_with('-'));
        if version == 0xff || !tail_fits || trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self {
            trace_id,
            span_id,
            sampled: flags & 1 == 1,
        })
    }
}

impl<'a> State<'a> {
    fn read(headers: &'a Headers<'_>) -> Self {
        let mut state = Self::default();
        let text = headers.tracestate.as_deref().unwrap_or_default();
        if !is_printable(text) {
            return state;
        }
        let mut count = 0;
        for member in members(text) {
            let Some((key, value)) = split_once(member, b'=') else {
                continue;
            };
            if key == "dd" {
                state.dd.get_or_insert_with(|| bounded(value));
                continue;
            }
            if count == MAX_MEMBERS - 1 || !is_key(key) || state.has(key) {
                continue;
            }
            let value = match key {
                _ if !is_value(value) => None,
                "ot" => ot::checked(value).map(Cow::Owned),
                _ => Some(Cow::Borrowed(value)),
            };
            let Some(value) = value else { continue };
            let room = || String::with_capacity(text.len().min(MAX_STATE));
            let others = state.others.get_or_insert_with(room);
            if others.len() + key.len() + value.len() + ",=".len() > MAX_STATE {
                continue;
            }
            if !others.is_empty() {
                others.push(',');
            }
            for part in [key, "=", &value] {
                others.push_str(part);
            }
            count += 1;
        }
        state
    }

    /// Whether a member of another vendor with this key is kept.
    fn has(&self, key: &str) -> bool {
        let kept = self.others.as_deref().unwrap_or_default();
        !kept.is_empty()
            && split(kept, b',')
                .any(|member| split_once(member, b'=').is_some_and(|(known, _)| known == key))
    }
}

fn is_key(key: &str) -> bool {
    let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let begins =
        key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    begins && key.len() <= 256 && key.bytes().all(valid)
}

/// Whether a value is valid. It is known to have no comma, and no space at its end.
fn is_value(value: &str) -> bool {
    let valid = |byte| matches!(byte, b' '..=b'~') && byte != b'=';
    (1..=256).contains(&value.len()) && each(value, valid)
}

fn members(state: &str) -> impl Iterator<Item = &str> {
    split(state, b',')
        .map(trim)
        .filter(|member| !member.is_empty())
}

/// The complete items within the first `MAX_DD_READ` bytes of a `dd` member, which is longer than any tracer writes.
fn bounded(dd: &str) -> &str {
    // One byte more, which may be the separator after the last complete item.
    match dd.get(..=MAX_DD_READ) {
        None => dd,
        Some(start) => start.rsplit_once(';').map_or("", |(whole, _)| whole),
    }
}

/// The keys and values of a `dd` member.
fn items(dd: &str) -> impl Iterator<Item = (&str, &str)> {
    split(dd, b';').filter_map(|item| split_once(item, b':'))
}

/// Reads a `dd` member into `context`. Returns the sampling priority, which must be compared with the flag.
fn read_dd(dd: &str, context: &mut TraceContext) -> Option<i32> {
    let mut priority = None;
    for (key, value) in items(dd) {
        match key {
            "s" => priority = value.trim().parse().ok(),
            "o" if !value.is_empty() => context.origin = Some(value.replace('~', "=")),
            "p" => context.last_datadog_parent = Some(value.to_owned()),
            // `traceparent` has the full trace id.
            "t.tid" => {}
            _ => {
                if let Some(name) = key.strip_prefix("t.") {
                    datadog::keep_tag(&format!("_dd.p.{name}"), &value.replace('~', "="), context);
                }
            }
        }
    }
    priority
}

/// If the flag and the stated priority disagree, the flag wins, and the decision maker no longer applies.
fn decide(sampled: bool, stated: Option<i32>, context: &mut TraceContext) {
    context.sampling_priority = match stated {
        Some(priority) if sampled == (priority > 0) => Some(priority),
        // Browsers pass traces on without a sampling decision.
        None if context.origin.as_deref() == Some("rum") => None,
        None => Some(i32::from(sampled)),
        Some(_) => {
            context
                .tags
                .retain(|(name, _)| name != Head::DECISION_MAKER);
            if sampled {
                context
                    .tags
                    .push((Head::DECISION_MAKER.to_owned(), "-0".to_owned()));
            }
            Some(i32::from(sampled))
        }
    };
}

/// Writes the `dd` member into `dd`, which must be empty.
fn write_dd(context: &Outgoing<'_>, dd: &mut String) {
    dd.push_str("dd=s:");
    dd.push_str(&text_of(context.priority));
    if let Some(origin) = context.origin {
        push_item(dd, "o", "", origin, PARENT);
    }
    dd.push_str(";p:");
    hex::push(dd, context.span_id.into(), 16);
    for (name, value) in datadog::propagated(context) {
        push_item(dd, "t.", name, value, 0);
    }
    // The value of a member must not end in a space.
    if dd.ends_with(' ') {
        dd.pop();
        dd.push('_');
    }
}

/// The length of the item with the parent id.
const PARENT: usize = ";p:0123456789abcdef".len();

/// Appends an item, unless fewer than `reserved` bytes would then be left until the length limit.
fn push_item(dd: &mut String, prefix: &str, name: &str, value: &str, reserved: usize) {
    let before = dd.len();
    dd.push(';');
    dd.push_str(prefix);
    dd.extend(name.chars().map(escape_name));
    dd.push(':');
    dd.extend(value.chars().map(escape_value));
    if dd.len() + reserved > "dd=".len() + MAX_DD {
        dd.truncate(before);
    }
}

fn escape_name(letter: char) -> char {
    match letter {
        // A colon would end the key, a semicolon the item.
        ',' | '=' | ':' | ';' => '_',
        '!'..='~' => letter,
        _ => '_',
    }
}

fn escape_value(letter: char) -> char {
    match letter {
        '=' => '~',
        ',' | ';' | '~' => '_',
        ' '..='~' => letter,
        _ => '_',
    }
}
