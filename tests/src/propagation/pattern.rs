//! Sampling rules about spans of any name, for a function whose root is always `aws.lambda`.

use serde_json::Value;

const OURS: &str = "aws.lambda";

/// Rules that say of `aws.lambda` what `rules` say of a span named `name`.
pub(super) fn renamed_rules(rules: &str, name: &str) -> String {
    let Ok(Value::Array(mut rules)) = serde_json::from_str(rules) else {
        return rules.to_owned();
    };
    for pattern in rules.iter_mut().filter_map(|rule| rule.get_mut("name")) {
        if let Some(text) = pattern.as_str() {
            *pattern = renamed(text, name).into();
        }
    }
    Value::Array(rules).to_string()
}

/// The pattern that matches `aws.lambda` as `pattern` matches `name`: with the same wildcards, and with capitals at the
/// same places. A pattern that does not match stays.
fn renamed(pattern: &str, name: &str) -> String {
    let (letters, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let Some(places) = align(&letters, &name, 0) else {
        return pattern.to_owned();
    };
    let mut renamed = String::new();
    for (letter, place) in letters.into_iter().zip(places) {
        let Some(place) = place else {
            renamed.push('*');
            continue;
        };
        let from = place.min(OURS.len());
        let to = if place + 1 == name.len() {
            OURS.len()
        } else {
            (place + 1).min(OURS.len())
        };
        renamed.extend(OURS[from..to].chars().map(|ours| match letter {
            '?' => '?',
            _ if letter.is_uppercase() => ours.to_ascii_uppercase(),
            _ => ours,
        }));
    }
    renamed
}

/// For each letter of a pattern the place of the letter of `name` that it matches, and none for an asterisk.
fn align(pattern: &[char], name: &[char], at: usize) -> Option<Vec<Option<usize>>> {
    let Some((first, rest)) = pattern.split_first() else {
        return (at == name.len()).then(Vec::new);
    };
    let prefixed = |place, to| {
        let mut places = align(rest, name, to)?;
        places.insert(0, place);
        Some(places)
    };
    if *first == '*' {
        return (at..=name.len()).find_map(|to| prefixed(None, to));
    }
    let matches = name
        .get(at)
        .is_some_and(|letter| *first == '?' || letter.eq_ignore_ascii_case(first));
    matches.then(|| prefixed(Some(at), at + 1)).flatten()
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn patterns_keep_their_wildcards() {
        for (pattern, name, expected) in [
            ("web.request", "web.request", "aws.lambda"),
            ("wEb.rEquEst", "web.request", "aWs.lAmbDa"),
            ("web.req*", "web.request", "aws.lam*"),
            ("*.re?uest", "web.request", "*.la?bda"),
            ("web.other", "web.request", "web.other"),
            ("span", "span", "aws.lambda"),
            ("s???", "span", "a?????????"),
        ] {
            assert_eq!(renamed(pattern, name), expected);
        }
    }
}
