//! Baggage: what the functions and services of a trace tell each other besides, as names and values of the user's own.
//!
//! It is the invocation's. Within a record that continues its producer's trace there is none.

use crate::active::Active;

/// The value of an item of baggage: one that came with the event, or was set in this invocation.
///
/// `None` outside of an invocation.
///
/// ```
/// assert_eq!(ddlambda::baggage("user.id"), None, "no invocation here");
/// ```
#[must_use]
pub fn baggage(key: &str) -> Option<String> {
    let baggage = Active::get()?.baggage();
    baggage.get(key).map(str::to_owned)
}

/// The keys and values of all baggage, in the order in which they came or were first set.
///
/// Empty outside of an invocation.
#[must_use]
pub fn all_baggage() -> Vec<(String, String)> {
    let baggage = Active::get().map(|active| active.baggage());
    let baggage = baggage.unwrap_or_default();
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    baggage.iter().map(owned).collect()
}

/// Sets an item of baggage, in place of any value that the key had.
///
/// From now on everything that is sent within the invocation carries it, in the header `baggage`: by default 64 items of
/// at most 8192 bytes together. Everybody who is called can read it. An item without a key is ignored, one without a
/// value is removed, since neither can be sent. Does nothing outside of an invocation.
///
/// ```
/// ddlambda::set_baggage("user.id", "Amélie");
/// ```
pub fn set_baggage(key: impl Into<String>, value: impl Into<String>) {
    if let Some(active) = Active::get().filter(|active| active.head.is_none()) {
        let (key, value) = (key.into(), value.into());
        active
            .invocation
            .change_baggage(|baggage| baggage.set(key, value));
    }
}

/// Removes an item of baggage, so that it is not sent on.
pub fn remove_baggage(key: &str) {
    if let Some(active) = Active::get().filter(|active| active.head.is_none()) {
        active
            .invocation
            .change_baggage(|baggage| baggage.remove(key));
    }
}
