//! The options of a handler's attribute.

/// The options of `#[ddlambda::handler(..)]`.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// `service = ".."`.
    pub service: Option<&'static str>,
    /// `resource = ".."`.
    pub resource: Option<&'static str>,
    /// `parent = ".."`.
    pub parent: Parent,
}

impl Handler {
    /// Whether the context in the event becomes a link instead of the parent.
    pub(crate) fn links_parent(&self) -> bool {
        self.parent == Parent::Link
    }
}

/// What the trace context in the event is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// The invocation continues that trace.
    Child,
    /// The invocation begins a new trace and links to that one.
    Link,
}
