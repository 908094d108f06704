//! Bad events, made of good ones. The same seed makes the same events.

use serde_json::{json, Map, Value};

/// A sequence of numbers that look random (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `limit`; zero if that is zero.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    /// One of them; none if there are none.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.below(among.len()))
    }
}

/// Makes a bad event of a good one: a few changes to its values, then perhaps one to its bytes.
pub fn mutate(event: &Value, numbers: &mut Numbers) -> Vec<u8> {
    let mut event = event.clone();
    for _ in 0..=numbers.below(4) {
        let target = numbers.below(count(&event));
        visit(&mut event, &mut { target }, &mut |value| {
            change(value, numbers)
        });
    }
    let mut bytes = event.to_string().into_bytes();
    match numbers.below(4) {
        0 => bytes.truncate(numbers.below(bytes.len())),
        1 => {
            let at = numbers.below(bytes.len());
            bytes[at] = numbers.below(256) as u8;
        }
        _ => {}
    }
    bytes
}

/// Makes a bad text of a good one, such as a header or a setting; other `good` ones may come into it.
pub fn text(of: &str, good: &[&str], numbers: &mut Numbers) -> String {
    const ODD: [&str; 12] = [
        "",
        " ",
        ",",
        "=",
        ";",
        "%",
        "-1",
        "1e308",
        "\u{fffd}",
        "\"",
        "{\"a\":[",
        "18446744073709551616",
    ];
    let mut text: Vec<char> = of.chars().collect();
    for _ in 0..numbers.below(4) {
        let at = numbers.below(text.len() + 1);
        match numbers.below(6) {
            0 => text.truncate(at),
            1 => drop(text.drain(..at)),
            2 => text.extend_from_within(..at),
            3 => {
                let odd = numbers.pick(&ODD).copied().unwrap_or_default();
                text.splice(at..at, odd.chars());
            }
            4 => {
                let other = numbers.pick(good).copied().unwrap_or_default();
                text.splice(at.., other.chars());
            }
            _ => {
                let character = char::from(numbers.below(128) as u8);
                text.splice(at..at, [character]);
            }
        }
        text.truncate(20_000);
    }
    text.into_iter().collect()
}

/// `levels` arrays or objects, one within the other, closed or not.
pub fn nested(open: &str, close: &str, levels: usize, closed: bool) -> Vec<u8> {
    let mut text = open.repeat(levels);
    text += "1";
    if closed {
        text += &close.repeat(levels);
    }
    text.into_bytes()
}

/// The number of values in `value`, itself included.
fn count(value: &Value) -> usize {
    let inner: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    };
    1 + inner
}

/// Calls `change` with the value that `left` values come before.
fn visit(value: &mut Value, left: &mut usize, change: &mut dyn FnMut(&mut Value)) -> bool {
    if *left == 0 {
        change(value);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, left, change)),
        Value::Object(members) => members.values_mut().any(|item| visit(item, left, change)),
        _ => false,
    }
}

fn change(value: &mut Value, numbers: &mut Numbers) {
    *value = match numbers.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1e308),
        4 => json!(u64::MAX),
        5 => json!(""),
        6 => json!("\u{0}\u{fffd}\u{1F600} \" \\"),
        7 => json!("9".repeat(numbers.below(2_000))),
        8 => json!([value.clone(), value.clone()]),
        9 => json!({ "_datadog": value.clone(), "x-datadog-trace-id": value.clone() }),
        10 => in_another_case(value.take(), numbers),
        _ => in_another_type(value.take()),
    };
}

fn in_another_case(value: Value, numbers: &mut Numbers) -> Value {
    let Value::Object(members) = value else {
        return json!(value.to_string().to_uppercase());
    };
    let names: Vec<String> = members.keys().cloned().collect();
    let chosen = numbers.pick(&names).cloned();
    let changed = members.into_iter().map(|(name, value)| {
        let is_chosen = Some(&name) == chosen.as_ref();
        (if is_chosen { name.to_uppercase() } else { name }, value)
    });
    Value::Object(changed.collect::<Map<_, _>>())
}

fn in_another_type(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<u64>() {
            Ok(number) => json!(number),
            Err(_) => json!({ text: true }),
        },
        Value::Array(items) => items.into_iter().next().unwrap_or_default(),
        other => json!(other.to_string()),
    }
}
