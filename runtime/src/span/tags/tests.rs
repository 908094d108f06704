//! Tags by their names.

use super::*;

#[test]
fn a_name_occurs_once_whatever_its_value() {
    let mut tags = Tags::new();
    tags.set("a", "1");
    tags.set("long", "x".repeat(300));
    tags.set_number("b", 2.5);
    tags.set("b", "text");
    tags.set_number("a", -1.0);
    tags.set("", "");
    assert_eq!(tags.text("b"), Some("text"));
    assert_eq!(tags.number("a"), Some(-1.0));
    assert_eq!((tags.text("a"), tags.number("b")), (None, None));
    assert_eq!(tags.text("long").map(str::len), Some(300));
    assert!(tags.has("") && tags.has("a") && !tags.has("c"));
    assert_eq!((tags.texts().count(), tags.numbers().count()), (3, 1));
}

#[test]
fn what_has_no_room_is_dropped_and_counted() {
    let mut tags = Tags::new();
    for number in 0..100 {
        tags.set(number.to_string(), "x".repeat(MAX_VALUE));
    }
    assert!(tags.len() <= MAX_TAGS && tags.texts().count() > 30);
    assert_eq!(tags.texts().count() + tags.dropped() as usize, 100);
    let dropped = tags.dropped();
    tags.set("0", "short");
    assert_eq!((tags.text("0"), tags.dropped()), (Some("short"), dropped));
    tags.seal();
    tags.set_number("n", 1.0);
    assert_eq!((tags.number("n"), tags.dropped()), (None, dropped + 1));
    tags.note("n", 2.0);
    assert_eq!(tags.number("n"), Some(2.0));

    let mut tags = Tags::new();
    tags.set("x".repeat(MAX_TAGS + 1), "");
    tags.expect_typical();
    assert_eq!((tags.len(), tags.dropped()), (0, 1));
}

#[test]
fn the_values_of_an_update_win() {
    let mut tags = Tags::new();
    tags.set("a", "old");
    tags.set("b", "kept");
    tags.set_number("n", 1.0);
    let mut update = Tags::new();
    update.set("n", "text");
    update.set("a", "new");
    update.set_number("m", 2.0);
    tags.update(&update);
    let mut all = tags.printed();
    all.sort();
    let expected = [("a", "new"), ("b", "kept"), ("m", "2"), ("n", "text")];
    assert_eq!(all, expected.map(|(name, text)| (name, text.to_owned())));
}

#[test]
fn an_update_takes_as_much_as_there_is_room_for() {
    let mut update = Tags::new();
    for number in 0..39 {
        update.set(number.to_string(), "x".repeat(MAX_VALUE));
    }
    update.set("error.message", "no stock");
    update.set_number("n", 1.0);
    let mut tags = Tags::new();
    tags.set("0", "replaced");
    tags.set("own", "x".repeat(MAX_VALUE));
    tags.set("more", "x".repeat(MAX_VALUE));
    tags.update(&update);
    assert!(tags.has("own") && tags.has("more") && tags.has("0"));
    assert_eq!(tags.text("error.message"), Some("no stock"));
    assert_eq!(tags.texts().count() + tags.dropped() as usize, 42);
    assert!((1..3).contains(&tags.dropped()), "{}", tags.dropped());
    for number in 0..10 {
        tags.set(format!("fill.{number}"), "x".repeat(10_000));
    }
    let dropped = tags.dropped();
    tags.keep("error.stack", &"x".repeat(MAX_VALUE));
    assert_eq!((tags.has("error.stack"), tags.dropped()), (true, dropped));
    tags.seal();
    tags.keep("error.type", "no");
    assert_eq!(
        (tags.text("error.type"), tags.dropped()),
        (None, dropped + 1)
    );
}

#[test]
fn a_long_value_is_cut_between_characters() {
    let text = "é".repeat(MAX_VALUE);
    let cut = limited(&text);
    assert_eq!(cut.len(), MAX_VALUE + 3);
    assert!(cut.ends_with("é..."));
    assert_eq!(limited("short"), "short");
    let mut tags = Tags::new();
    tags.set("long", &text);
    assert_eq!(tags.text("long"), Some(&*cut));
}
