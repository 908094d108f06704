//! All the events that differ from a good one in one place.

use serde_json::{json, Value};

/// The events, each with what was done to which place: a member or an item dropped, a name in upper case, a value
/// replaced by one of every type.
pub fn variants(event: &Value) -> Vec<(String, Value)> {
    let mut variants = Vec::new();
    for place in places(event) {
        let mut add =
            |what: &str, variant: Value| variants.push((format!("{what} {place}"), variant));
        for value in [
            json!(null),
            json!(true),
            json!(7),
            json!("text"),
            json!([]),
            json!({}),
        ] {
            let mut variant = event.clone();
            if let Some(replaced) = variant.pointer_mut(&place) {
                *replaced = value.clone();
            }
            add(&format!("{value} for"), variant);
        }
        if let Some((parent, name)) = place.rsplit_once('/') {
            let name = name.replace("~1", "/").replace("~0", "~");
            let mut variant = event.clone();
            let value = variant
                .pointer_mut(parent)
                .and_then(|parent| take(parent, &name));
            add("without", variant.clone());
            if let (Some(Value::Object(members)), Some(value)) =
                (variant.pointer_mut(parent), value)
            {
                members.insert(name.to_uppercase(), value);
                add("upper case", variant);
            }
        }
    }
    variants
}

/// The event with each of its lists of objects, such as the records of a batch, repeated until they have `count` items
/// or the event is as large as `limit` bytes.
pub fn enlarged(event: &Value, count: usize, limit: usize) -> Vec<(String, Value)> {
    let is_batch = |value: &Value| {
        value
            .as_array()
            .is_some_and(|items| items.iter().any(Value::is_object))
    };
    let batches = places(event)
        .into_iter()
        .filter(|place| event.pointer(place).is_some_and(is_batch));
    let enlarge = |place: String| {
        let mut variant = event.clone();
        if let Some(Value::Array(items)) = variant.pointer_mut(&place) {
            let size: usize = items.iter().map(|item| item.to_string().len()).sum();
            let count = count.min(items.len() * limit / size);
            *items = items.iter().cycle().take(count).cloned().collect();
        }
        (place, variant)
    };
    batches.map(enlarge).collect()
}

/// The JSON pointers of all values in `value`, itself included.
fn places(value: &Value) -> Vec<String> {
    let named: Vec<(String, &Value)> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        _ => Vec::new(),
    };
    let inner = named.iter().flat_map(|(name, value)| {
        places(value)
            .into_iter()
            .map(move |place| format!("/{name}{place}"))
    });
    std::iter::once(String::new()).chain(inner).collect()
}

fn take(from: &mut Value, name: &str) -> Option<Value> {
    match from {
        Value::Array(items) => name
            .parse()
            .ok()
            .filter(|at| *at < items.len())
            .map(|at| items.remove(at)),
        Value::Object(members) => members.remove(name),
        _ => None,
    }
}
