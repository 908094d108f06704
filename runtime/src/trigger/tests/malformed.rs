//! Events that are not quite those of AWS.

use super::*;

/// Every event with any one value removed, nulled or replaced by another type, and truncated at any byte.
#[test]
fn no_event_is_too_strange() {
    let fixtures = FIXTURES.iter().map(|(name, _)| event(name));
    let mut events: Vec<Value> = fixtures.collect();
    events.extend([
        api_gateway_rest::mapped(),
        api_gateway_websocket::connect(),
        vpc_lattice::version_1(),
        vpc_lattice::version_2(),
    ]);
    for whole in events {
        let text = whole.to_string();
        for end in 0..text.len() {
            read_text(&text[..end], &[]);
        }
        for pointer in pointers(&whole) {
            for odd in [
                Value::Null,
                "x".into(),
                7.into(),
                json!([]),
                json!({"a": [1]}),
            ] {
                let mut event = whole.clone();
                *event.pointer_mut(&pointer).unwrap() = odd;
                read_event(&event);
            }
        }
    }
    for odd in [
        "",
        "null",
        "7",
        "\"x\"",
        "[]",
        "{",
        "{\"Records\":[]}",
        "{\"Records\":7}",
        "{\"requestContext\":7}",
    ] {
        let incoming = read_text(odd, &[]);
        assert!(
            incoming.context.is_none() && incoming.inferred.is_empty(),
            "{odd}"
        );
    }
}

fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(key, child)| {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(child)
            .into_iter()
            .map(move |below| format!("/{key}{below}"))
    });
    std::iter::once(String::new()).chain(below).collect()
}
