//! The W3C headers `traceparent` and `tracestate`; what W3C has no place for travels in the `dd` member of the latter.

use super::{datadog, hex, ot, Headers, Inject, Outgoing, TraceContext};
use std::borrow::Cow;
use std::fmt::Write;

/// The most members that a `tracestate` may have, ours included.
const MAX_MEMBERS: usize = 32;
/// The longest value of the `dd` member.
const MAX_DD: usize = 256;
/// The length of `traceparent`.
const LENGTH: usize = 55;

/// A context without a valid `traceparent` is none, whatever `tracestate` says.
pub(super) fn extract(headers: &Headers<'_>) -> Option<TraceContext> {
    let parent = Traceparent::parse(headers.traceparent.as_deref()?)?;
    let mut context = TraceContext::new(parent.trace_id, parent.span_id);
    let mut stated = None;
    if let Some(state) = headers
        .tracestate
        .as_deref()
        .filter(|state| is_printable(state))
    {
        context.tracestate = others(state);
        if let Some(dd) = members(state).find_map(|member| member.strip_prefix("dd=")) {
            stated = read_dd(dd, &mut context);
        }
    }
    decide(parent.sampled, stated, &mut context);
    Some(context)
}

/// Writes both headers, each value first into `text`.
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

/// Whether a header may hold this text.
pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

struct Traceparent {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

impl Traceparent {
    /// `VV-<32 hex>-<16 hex>-<2 hex>`, and after that, in versions to come, `-` and anything.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t']);
        let (known, tail) = (text.get(..LENGTH)?, text.get(LENGTH..)?);
        let mut fields = known.split('-');
        let version = hex::parse(fields.next()?, 2)?;
        let trace_id = hex::parse(fields.next()?, 32)?;
        let span_id = hex::parse(fields.next()?, 16)? as u64;
        let flags = hex::parse(fields.next()?, 2)?;
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

/// The members of other vendors, as far as they are valid and will fit next to ours: in order, one for each key.
fn others(state: &str) -> Option<String> {
    let mut keys: Vec<&str> = Vec::new();
    let mut others = String::new();
    for (key, value) in members(state).filter_map(|member| member.split_once('=')) {
        let value = match key {
            "dd" => None,
            _ if !is_key(key) || !is_value(value) || keys.contains(&key) => None,
            "ot" => ot::checked(value).map(Cow::Owned),
            _ => Some(Cow::Borrowed(value)),
        };
        let Some(value) = value else { continue };
        if !others.is_empty() {
            others.push(',');
        }
        others.push_str(key);
        others.push('=');
        others.push_str(&value);
        keys.push(key);
        if keys.len() == MAX_MEMBERS - 1 {
            break;
        }
    }
    (!others.is_empty()).then_some(others)
}

fn is_key(key: &str) -> bool {
    let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let begins =
        key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    begins && key.len() <= 256 && key.bytes().all(valid)
}

/// Whether a value is one, given that it has no comma and no space at its end.
fn is_value(value: &str) -> bool {
    let valid = |byte| matches!(byte, b' '..=b'~') && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(valid)
}

fn members(state: &str) -> impl Iterator<Item = &str> {
    state
        .split(',')
        .map(|member| member.trim_matches([' ', '\t']))
        .filter(|member| !member.is_empty())
}

/// Reads the `dd` member into `context`; the sampling priority is returned, as the flag has a say in it.
fn read_dd(dd: &str, context: &mut TraceContext) -> Option<i32> {
    let mut priority = None;
    for item in dd.split(';') {
        let Some((key, value)) = item.split_once(':') else {
            continue;
        };
        match key {
            "s" => priority = value.trim().parse().ok(),
            "o" if !value.is_empty() => context.origin = Some(value.replace('~', "=")),
            "p" => context.last_datadog_parent = Some(value.to_owned()),
            // The trace id of `traceparent` has all its bits.
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

/// The flag wins over the stated priority where they disagree; the decision is then no longer that of its maker.
fn decide(sampled: bool, stated: Option<i32>, context: &mut TraceContext) {
    const MAKER: &str = "_dd.p.dm";
    context.sampling_priority = match stated {
        Some(priority) if sampled == (priority > 0) => Some(priority),
        // Browsers send traces on without deciding about them.
        None if context.origin.as_deref() == Some("rum") => None,
        None => Some(i32::from(sampled)),
        Some(_) => {
            context.tags.retain(|(name, _)| name != MAKER);
            if sampled {
                context.tags.push((MAKER.to_owned(), "-0".to_owned()));
            }
            Some(i32::from(sampled))
        }
    };
}

/// Writes the member into a text that is empty.
fn write_dd(context: &Outgoing<'_>, dd: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(dd, "dd=s:{}", context.priority);
    if let Some(origin) = context.origin {
        push_item(dd, "o", "", origin, PARENT);
    }
    dd.push_str(";p:");
    hex::push(dd, context.span_id.into(), 16);
    for (name, value) in datadog::propagated(context) {
        push_item(dd, "t.", name, value, 0);
    }
    // The value of a member does not end in a space.
    if dd.ends_with(' ') {
        dd.pop();
        dd.push('_');
    }
}

/// The length of the item with the parent.
const PARENT: usize = ";p:0123456789abcdef".len();

/// Appends an item unless the member grows too long by it, and by as much again as is `reserved`.
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
        // The latter two would end the key, and begin a new item.
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
