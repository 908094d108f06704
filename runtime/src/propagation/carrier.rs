//! Things that hold trace headers.

/// Trace headers as a flat map of strings, such as `x-datadog-trace-id` or `traceparent`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carrier(Vec<(String, String)>);

impl Carrier {
    /// Sets a header, in place of any value that it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }
}

/// Something that trace headers can be written into.
pub trait Inject {
    /// Sets one header; `name` is lower case.
    fn set(&mut self, name: &'static str, value: String);
}

/// A payload that has a place for trace headers.
pub trait TraceCarrier {
    /// Calls `visit` with the name and value of every trace header that the payload holds.
    fn each(&self, visit: &mut dyn FnMut(&str, &str));
    /// Sets one header; `name` is lower case.
    fn set(&mut self, name: &'static str, value: String);
}

impl TraceCarrier for Carrier {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.0.iter().for_each(|(name, value)| visit(name, value));
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name, value);
    }
}

/// Setting a header makes the carrier.
impl<T: TraceCarrier + Default> TraceCarrier for Option<T> {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.iter().for_each(|carrier| carrier.each(visit));
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.get_or_insert_default().set(name, value);
    }
}

impl<T: TraceCarrier + ?Sized> TraceCarrier for Box<T> {
    fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        (**self).each(visit);
    }

    fn set(&mut self, name: &'static str, value: String) {
        (**self).set(name, value);
    }
}
