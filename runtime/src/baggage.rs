//! Baggage: key-value pairs of the user's own that travel with a trace.
//!
//! It belongs to the invocation. A record that continues its producer's trace has none.

use crate::active::Active;

/// Returns the value of a baggage item, received with the event or set during this invocation.
///
/// Returns `None` if there is no such item, outside an invocation, and in a [record](macro@crate::record) with
/// `parent = "child"` that continues its producer's trace.
///
/// ```
/// assert_eq!(ddlambda::baggage("user.id"), None, "no invocation here");
/// ```
#[must_use]
pub fn baggage(key: &str) -> Option<String> {
    let baggage = Active::get()?.baggage();
    baggage.get(key).map(str::to_owned)
}

/// Returns the keys and values of all baggage items, in the order in which they were received or first set.
///
/// The list is empty outside an invocation.
#[must_use]
pub fn all_baggage() -> Vec<(String, String)> {
    let baggage = Active::get().map(|active| active.baggage());
    let baggage = baggage.unwrap_or_default();
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    baggage.iter().map(owned).collect()
}

/// Sets a baggage item, replacing any previous value.
///
/// From now on, everything that is sent from the invocation carries the item in the header `baggage`: by default at most
/// 64 items and 8192 bytes in all. Baggage can be read by every service that is called, so do not put secrets in it.
///
/// An item with an empty key is ignored, and an empty value removes the item, since neither can be sent. Has no effect
/// outside an invocation.
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

/// Removes a baggage item, so that it is no longer sent.
pub fn remove_baggage(key: &str) {
    if let Some(active) = Active::get().filter(|active| active.head.is_none()) {
        active
            .invocation
            .change_baggage(|baggage| baggage.remove(key));
    }
}
