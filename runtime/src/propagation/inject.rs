//! Writing trace headers into things.

use super::carrier::{discard, put};
use super::Carrier;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use http::{HeaderName, HeaderValue};

/// A type that trace headers can be written into with [`inject`](crate::inject()).
///
/// It is implemented for [`Carrier`], `http::HeaderMap`, maps of strings, lists of string pairs, and every
/// [`TraceCarrier`]. Implement it for messages of your own protocol.
pub trait Inject {
    /// Sets a header. `name` is in lower case.
    fn set(&mut self, name: &'static str, value: String);

    /// Sets a header to a borrowed value.
    ///
    /// By default, this calls [`set`](Self::set) with an owned copy. Implement it if you copy the value in any case, to
    /// save that allocation.
    fn set_text(&mut self, name: &'static str, value: &str) {
        self.set(name, value.to_owned());
    }

    /// Removes a header for which the context has no value, so that none of another context remains.
    ///
    /// Does nothing by default, which suffices if the carrier holds no headers before.
    fn remove(&mut self, name: &'static str) {
        let _ = name;
    }
}

/// A payload with a place for trace headers.
///
/// `#[derive(ddlambda::TraceCarrier)]` implements it. A handler continues the trace in a payload that implements it, and
/// [`inject`](crate::inject()) writes into it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a trace carrier",
    label = "cannot hold trace headers",
    note = "use `ddlambda::Carrier`, or derive `ddlambda::TraceCarrier` for the type"
)]
pub trait TraceCarrier {
    /// Calls `visit` with the name and value of every trace header in the payload.
    fn each(&self, visit: &mut dyn FnMut(&str, &str));
    /// Sets a header. `name` is in lower case.
    fn set(&mut self, name: &'static str, value: String);

    /// Removes a header, like [`Inject::remove`]. Does nothing by default.
    fn remove(&mut self, name: &'static str) {
        let _ = name;
    }
}

impl<T: TraceCarrier> Inject for T {
    fn set(&mut self, name: &'static str, value: String) {
        TraceCarrier::set(self, name, value);
    }

    fn remove(&mut self, name: &'static str) {
        TraceCarrier::remove(self, name);
    }
}

impl TraceCarrier for Carrier {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.iter().for_each(|(name, value)| visit(name, value));
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name, value);
    }

    fn remove(&mut self, name: &'static str) {
        Carrier::remove(self, name);
    }
}

impl<T: TraceCarrier + Default> TraceCarrier for Option<T> {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        if let Some(carrier) = self {
            carrier.each(visit);
        }
    }

    fn set(&mut self, name: &'static str, value: String) {
        TraceCarrier::set(self.get_or_insert_with(T::default), name, value);
    }

    fn remove(&mut self, name: &'static str) {
        if let Some(carrier) = self {
            carrier.remove(name);
        }
    }
}

impl<T: TraceCarrier + ?Sized> TraceCarrier for Box<T> {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        (**self).each(visit);
    }

    fn set(&mut self, name: &'static str, value: String) {
        TraceCarrier::set(&mut **self, name, value);
    }

    fn remove(&mut self, name: &'static str) {
        TraceCarrier::remove(&mut **self, name);
    }
}

/// Values that are not valid header values are ignored.
impl Inject for http::HeaderMap {
    fn set(&mut self, name: &'static str, value: String) {
        self.set_text(name, &value);
    }

    fn set_text(&mut self, name: &'static str, value: &str) {
        let Ok(value) = HeaderValue::from_str(value) else {
            return;
        };
        if self.capacity() == 0 {
            self.reserve(TYPICAL);
        }
        match known(name) {
            Some(name) => self.insert(name, value),
            None => self.insert(name, value),
        };
    }

    fn remove(&mut self, name: &'static str) {
        match known(name) {
            Some(name) => self.remove(name),
            None => self.remove(name),
        };
    }
}

/// Room for the headers of the default formats.
const TYPICAL: usize = 8;

/// The names of trace headers, prebuilt so that they need not be validated or copied.
fn known(name: &str) -> Option<HeaderName> {
    macro_rules! names {
        ($($name:literal)*) => {
            match name {
                $($name => Some(const { HeaderName::from_static($name) }),)*
                _ => None,
            }
        };
    }
    names! {
        "x-datadog-trace-id" "x-datadog-parent-id" "x-datadog-sampling-priority" "x-datadog-origin" "x-datadog-tags"
        "traceparent" "tracestate" "baggage"
    }
}

impl<S: BuildHasher> Inject for HashMap<String, String, S> {
    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name.to_owned(), value);
    }

    fn remove(&mut self, name: &'static str) {
        self.remove(name);
    }
}

impl Inject for BTreeMap<String, String> {
    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name.to_owned(), value);
    }

    fn remove(&mut self, name: &'static str) {
        self.remove(name);
    }
}

impl Inject for Vec<(String, String)> {
    fn set(&mut self, name: &'static str, value: String) {
        put(self, name.to_owned(), value);
    }

    fn remove(&mut self, name: &'static str) {
        discard(self, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_can_be_put_into_many_things() {
        let mut carrier: Option<Carrier> = None;
        let mut map = http::HeaderMap::new();
        let mut hash = HashMap::<String, String>::new();
        let mut tree = BTreeMap::new();
        let mut list = vec![("Traceparent".to_owned(), "old".to_owned())];
        let targets: [&mut dyn Inject; 5] =
            [&mut carrier, &mut map, &mut hash, &mut tree, &mut list];
        for target in targets {
            target.set("traceparent", "new".to_owned());
            target.set("x-datadog-tags", "old".to_owned());
            target.remove("x-datadog-tags");
            target.remove("x-datadog-origin");
        }
        map.set("x", "no\nheader".to_owned());
        let carrier = carrier.unwrap();
        assert_eq!(
            (carrier.get("traceparent"), carrier.len()),
            (Some("new"), 1)
        );
        assert_eq!((hash.len(), tree.len()), (1, 1));
        assert_eq!((map["traceparent"].as_bytes(), map.len()), (&b"new"[..], 1));
        assert_eq!(
            (hash["traceparent"].as_str(), tree["traceparent"].as_str()),
            ("new", "new")
        );
        assert_eq!(list, [("Traceparent".to_owned(), "new".to_owned())]);
    }
}
