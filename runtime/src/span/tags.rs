//! The tags of a span: text (`meta` on the wire) and numbers (`metrics`) in one list.

use std::borrow::Cow;

/// Text that is usually static: a tag's name, an operation name.
pub(crate) type Text = Cow<'static, str>;

/// The value of a tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Goes to `meta`.
    Text(Text),
    /// Goes to `metrics`.
    Number(f64),
}

/// The tags of a span, in the order they were first set. A name occurs once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tags(Vec<(Text, Value)>);

impl Tags {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for the tags of `aws.lambda` or an inferred span: about a kilobyte, up to which allocators keep memory at
    /// hand.
    pub(crate) fn with_typical_capacity() -> Self {
        Self(Vec::with_capacity(21))
    }

    /// Sets a text tag, in place of any value that the name had.
    pub(crate) fn set(&mut self, name: impl Into<Text>, text: impl Into<Text>) {
        self.put(name.into(), Value::Text(text.into()));
    }

    /// Sets a number, in place of any value that the name had.
    pub(crate) fn set_number(&mut self, name: impl Into<Text>, number: f64) {
        self.put(name.into(), Value::Number(number));
    }

    /// Sets a value, in place of any that the name had.
    pub(crate) fn put(&mut self, name: Text, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The text of a tag; `None` if it is absent or a number.
    #[cfg(test)]
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            Value::Number(_) => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Takes over all tags of `other`; its values win.
    #[cfg(feature = "tracing")]
    pub(crate) fn update(&mut self, other: Tags) {
        for (name, value) in other.0 {
            self.put(name, value);
        }
    }

    /// Takes over the tags of `other` whose names are not here yet.
    pub(crate) fn fill(&mut self, other: Tags) {
        let known = self.0.len();
        for (name, value) in other.0 {
            if self.0[..known].iter().all(|(known, _)| *known != name) {
                self.0.push((name, value));
            }
        }
    }
}
